// The mails that the clinic has sent, in a folder: newest last by name.
const assert = require("node:assert/strict");
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const FOLDER = process.argv[3];

/** Returns the mails without the line breaks of quoted-printable, newest first. The folder is there after the first mail. */
function mails() {
  try {
    const names = readdirSync(FOLDER).filter((name) => name.endsWith(".eml")).sort().reverse();
    return names.map((name) => readFileSync(join(FOLDER, name), "utf8").replace(/=\r?\n/g, ""));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return [];
  }
}

/** Waits for the newest mail to an address that `matches`. A mail about a reschedule waits a minute for the next one. */
async function mailTo(to, what, matches) {
  for (let attempt = 0; attempt < 360; attempt++) {
    const mail = mails().find((mail) => mail.includes(`<${to}>`) && matches(mail));
    if (mail) return mail;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`no mail to ${to}: ${what}`);
}

/** Returns the route of a mail's link to a page, if it has one. */
const routeIn = (mail, page) => new RegExp(`/(#/${page}/[\\w-]{43})\\s`).exec(mail)?.[1];

/** Waits for the newest mail to an address that has a link to a page. Returns the route of the link. */
const routeInMail = async (to, page) => routeIn(await mailTo(to, `with a link to ${page}`, (mail) => routeIn(mail, page)), page);

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

/** Opens a link, and checks that this alone changes nothing, and that no other request has its token. */
async function follow(page, url, route, title) {
  const token = route.split("/").at(-1);
  const wrong = [];
  const note = (request) => {
    const { origin, pathname } = new URL(request.url());
    const isOfLink = pathname.endsWith(`/links/${token}`);
    const others = JSON.stringify([!isOfLink && pathname, request.headers()]);
    if (request.method() !== "GET" || others.includes(token)) wrong.push(`${request.method()} ${origin}${others}`);
  };
  page.on("request", note);
  // Another document first, so that the page is loaded as from a mail.
  await page.goto("about:blank");
  await page.goto(new URL(route, url).href);
  await heading(page, title);
  await page.waitForLoadState("networkidle");
  page.off("request", note);
  assert.deepEqual(wrong, [], route);
}

module.exports = { heading, follow, mails, mailTo, routeIn, routeInMail };
