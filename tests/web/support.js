// What the stories of the pages share. Each is a program: node story.js URL, and it throws what is wrong.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { chromium } = require("playwright-core");

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// No sandbox, since root has none; and nothing of Chromium's own that asks others for something.
const ARGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

/** Demo accounts, as `make run` prints them. */
const PASSWORD = "demo-password";
const PEOPLE = { admin: "admin@rounds.example", doctor: "okafor@rounds.example", patient: "sam@rounds.example" };

/**
 * Tells a story of the pages at a URL, on a phone and on a desktop. It gets `open`, which opens a new browser profile
 * at the clinic's start, and the name of the size.
 * Whatever the pages complain of, and whatever they ask of somebody else, fails it: but for what `expected` matches.
 */
async function story(tell, { sizes = Object.keys(SIZES), expected = /^$/ } = {}) {
  const url = process.argv[2];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: ARGS.split(" ") });
  try {
    for (const size of sizes) {
      const complaints = [];
      const complain = (text) => expected.test(text) || complaints.push(text);
      const open = async (more = {}) => {
        const context = await browser.newContext({ ...SIZES[size], locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...more });
        const page = await context.newPage();
        // Only what hangs takes that long: a machine may be busy.
        page.setDefaultTimeout(60_000);
        page.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
        page.on("pageerror", (error) => complain(String(error)));
        page.on("request", (request) => /^(data|blob):/.test(request.url()) || new URL(request.url()).origin === new URL(url).origin || complain(`asks ${request.url()}`));
        await page.goto(url);
        return page;
      };
      await tell({ open, size, url });
      assert.deepEqual(complaints, [], size);
    }
  } finally {
    await browser.close();
  }
}

/** A weekday (0 is Monday) of next week: ahead, whatever the time is. */
function dayAhead(weekday) {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7) + 7 + weekday);
  return day;
}

/** Signs in on the page that is open. */
async function signIn(page, email, password = PASSWORD) {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** That axe finds nothing to say of the page as it is (WCAG 2.2 AA). */
async function accessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), WCAG_2_2_AA);
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(told, [], what);
  // A page that is wider than its screen scrolls sideways.
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= screen, `${what} is ${content} wide on a screen of ${screen}`);
}

/** Keeps a picture for the README, where $PICTURES names a folder. */
async function picture(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
}

module.exports = { story, dayAhead, signIn, accessible, picture, PASSWORD, PEOPLE };
