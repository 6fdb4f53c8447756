// Users follow the links of mails. They verify an email address, choose a new password, and choose a first password.
const assert = require("node:assert/strict");
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { story, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support.js");

const FOLDER = process.argv[3];
const NEW_PASSWORD = "battery staple";

/** Waits for the newest mail to an address that has a link to a page. Returns the route of the link. */
async function routeInMail(to, page) {
  for (let attempt = 0; attempt < 120; attempt++) {
    for (const name of mails()) {
      // Without the line breaks of quoted-printable.
      const mail = readFileSync(join(FOLDER, name), "utf8").replace(/=\r?\n/g, "");
      const link = new RegExp(`/(#/${page}/[\\w-]{43})\\s`).exec(mail);
      if (mail.includes(`<${to}>`) && link) return link[1];
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`no mail to ${to} with a link to ${page}`);
}

/** Returns the names of the mails, newest first. The folder is there after the first mail. */
function mails() {
  try {
    return readdirSync(FOLDER).filter((name) => name.endsWith(".eml")).sort().reverse();
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return [];
  }
}

const post = async (url, path, body, token) => {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response;
};

const button = (page, name) => page.getByRole("button", { name, exact: true });
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** Opens a link, and checks that this alone sends nothing. */
async function follow(page, url, route, title) {
  const requests = [];
  const note = (request) => request.method() !== "GET" && requests.push(request.url());
  page.on("request", note);
  // Another document first, so that the page is loaded as from a mail.
  await page.goto("about:blank");
  await page.goto(new URL(route, url).href);
  await heading(page, title);
  await page.waitForLoadState("networkidle");
  page.off("request", note);
  assert.deepEqual(requests, [], route);
}

/** Checks that the token of a used link is neither in an address nor stored, also after the page is loaded again. */
async function forgets(page, route) {
  const token = route.split("/").at(-1);
  const kept = () => page.evaluate(() => JSON.stringify([location.href, history.state, { ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.ok(!(await kept()).includes(token), await kept());
  await page.reload();
  await page.getByRole("status").waitFor();
  assert.ok(!(await kept()).includes(token), await kept());
}

/** The page of a used link says so, and links to the page where the user can request another mail. */
async function refuses(page, url, route, { title, submit, another, next }) {
  await follow(page, url, route, title);
  const field = page.getByLabel("password");
  if (await field.count()) await field.fill(NEW_PASSWORD);
  await button(page, submit).click();
  await page.getByRole("alert").getByText("This link has expired, or has been used already.").waitFor();
  await accessible(page, `a used link: ${title}`);
  await picture(page, `used-link-${route.split("/")[1]}`);
  await page.getByRole("link", { name: another }).click();
  await heading(page, next);
}

async function verifies(page, { url, email, size }) {
  const route = await routeInMail(email, "verify-email");
  await follow(page, url, route, "Verify your email address");
  await accessible(page, "verifying an email address");
  await picture(page, `verify-email-${size}`);
  await button(page, "Verify email address").click();
  await status(page, "Your email address is verified.");
  await accessible(page, "a verified email address");
  await forgets(page, route);
  await page.getByRole("link", { name: "Sign in" }).click();
  await heading(page, "Sign in");
  const used = { title: "Verify your email address", submit: "Verify email address", another: "Your account", next: "Sign in" };
  await refuses(page, url, route, used);
  await signIn(page, email);
  await heading(page, "Your account");
  await page.getByText("(verified)").waitFor();
  await button(page, "Sign out").click();
}

/** The page says the same for an unknown email address. */
async function asksForPassword(page, email, size) {
  await heading(page, "Sign in");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await heading(page, "Forgot your password?");
  await accessible(page, "a forgotten password");
  await picture(page, `forgot-password-${size}`);
  for (const address of [`unknown-${email}`, email]) {
    await page.getByLabel("Email address").fill(address);
    await button(page, "Send the email").click();
    await status(page, "If there is an account with this email address, an email with a link is on its way.");
    await page.reload();
  }
}

async function resetsPassword(page, { url, email, size }) {
  await asksForPassword(page, email, size);
  const route = await routeInMail(email, "reset-password");
  // In a tab with a session, which the new password ends.
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await signIn(page, email);
  await follow(page, url, route, "Choose a new password");
  await accessible(page, "choosing a new password");
  await picture(page, `reset-password-${size}`);
  await page.getByLabel("New password").fill("password123");
  await button(page, "Save password").click();
  await page.getByText("This password is too common.").waitFor();
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await button(page, "Save password").click();
  await status(page, "Your password has been changed.");
  await forgets(page, route);
  await page.getByRole("link", { name: "Sign in" }).click();
  await signIn(page, email, NEW_PASSWORD);
  await button(page, "Sign out").click();
  const used = { title: "Choose a new password", submit: "Save password", another: "Ask for a new email", next: "Forgot your password?" };
  await refuses(page, url, route, used);
}

/** A doctor whose account has no password yet. */
async function acceptsInvitation(page, { url, admin, email }) {
  const invited = `invited-${email}`;
  await post(url, "register", { name: "Dr. Ada Byron", email: invited, account_type: "Doctor" }, admin);
  const route = await routeInMail(invited, "invitation");
  await follow(page, url, route, "Choose a password for your account");
  await page.getByLabel("Password").fill(NEW_PASSWORD);
  await accessible(page, "choosing a first password");
  await button(page, "Save password").click();
  await status(page, "Your password has been saved.");
  await forgets(page, route);
  await page.getByRole("link", { name: "Sign in" }).click();
  await signIn(page, invited, NEW_PASSWORD);
  await button(page, "Sign out").click();
}

/** A link about an appointment asks to sign in, and then shows the patient's appointments. */
async function opensAppointments(page, url) {
  const token = "A".repeat(43);
  await follow(page, url, `#/links/${token}`, "Sign in");
  await status(page, "Sign in to see your appointments.");
  await accessible(page, "signing in for an appointment");
  await signIn(page, PEOPLE.patient);
  await page.waitForURL(/#\/appointments$/);
  await heading(page, "Your appointments");
  await page.goto("about:blank");
  await page.goto(new URL(`#/links/${token}`, url).href);
  await page.waitForURL(/#\/appointments$/);
}

async function readsArabic(open) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open({ locale: "ar-EG", colorScheme });
    await page.evaluate(() => (location.hash = `#/invitation/${"A".repeat(43)}`));
    await heading(page, "اختيار كلمة مرور لحسابك");
    await accessible(page, `choosing a first password in Arabic, ${colorScheme}`);
    await picture(page, `invitation-arabic-${colorScheme}`);
  }
}

story(
  async ({ open, size, url }) => {
    const email = `mail-${crypto.randomUUID()}@example.org`;
    await post(url, "register", { name: "Ada Lovelace", email, password: PASSWORD, account_type: "Patient" });
    const signedIn = await post(url, "login", { email: PEOPLE.admin, password: PASSWORD });
    const admin = await signedIn.text();
    const page = await open();
    await verifies(page, { url, email, size });
    await resetsPassword(page, { url, email, size });
    await acceptsInvitation(page, { url, admin, email });
    await opensAppointments(page, url);
    await readsArabic(open);
  },
  { expected: /status of (401|422)/ },
);
