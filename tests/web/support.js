// Helpers for the stories of the web app. Each story is a program, `node story.js URL`, that fails if an assertion fails.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { chromium } = require("playwright-core");

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// Without the sandbox, which does not work for root. The other options stop Chromium's own requests to other hosts.
const ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ");

const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true },
  tablet: { viewport: { width: 768, height: 1024 } },
  desktop: { viewport: { width: 1440, height: 900 } },
};

/** Demo accounts, as `make run` prints them. */
const PASSWORD = "demo-password";
const PEOPLE = { admin: "admin@rounds.example", doctor: "okafor@rounds.example", patient: "sam@rounds.example" };

/**
 * Runs a story at a URL, in the size of a phone and of a desktop. The story gets `open`, which opens the start page in a
 * new browser profile, the name of the size, and the URL.
 * The story fails if a page logs an error or a warning, or sends a request to another origin. `expected` matches the
 * messages that are allowed.
 */
async function story(run, { sizes = Object.keys(SIZES), expected = /^$/ } = {}) {
  const url = process.argv[2];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: ARGUMENTS });
  try {
    for (const size of sizes) {
      const problems = [];
      const report = (text) => expected.test(text) || problems.push(text);
      const open = async (options = {}) => {
        const context = await browser.newContext({ ...SIZES[size], locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...options });
        const page = await context.newPage();
        // Long enough for a busy machine.
        page.setDefaultTimeout(60_000);
        page.on("console", (message) => ["error", "warning"].includes(message.type()) && report(message.text()));
        page.on("pageerror", (error) => report(String(error)));
        page.on("request", (request) => /^(data|blob):/.test(request.url()) || new URL(request.url()).origin === new URL(url).origin || report(`request to another origin: ${request.url()}`));
        await page.goto(url);
        return page;
      };
      await run({ open, size, url });
      assert.deepEqual(problems, [], size);
    }
  } finally {
    await browser.close();
  }
}

/** Returns a weekday of next week (0 is Monday), which is always in the future. */
function dayAhead(weekday) {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7) + 7 + weekday);
  return day;
}

/** Returns the address of a page. `page.url()` can be an earlier one for a moment after the app has changed it. */
const addressOf = (page) => page.evaluate(() => location.href);

/** Signs in. If the open page does not ask for it, opens the page that does. */
async function signIn(page, email, password = PASSWORD) {
  await page.getByRole("link", { name: "Sign in" }).or(page.getByLabel("Email")).first().waitFor();
  if ((await page.getByLabel("Email").count()) === 0) await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Checks that axe finds no violation of WCAG 2.2 AA, and that the page is not wider than the screen. */
async function accessible(page, name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async (values) => {
    // From the top of the page. Otherwise, controls that are partly below the header count as too small.
    const before = scrollY;
    scrollTo(0, 0);
    const result = await window.axe.run({ runOnly: { type: "tag", values } });
    scrollTo(0, before);
    return result;
  }, WCAG_2_2_AA);
  const messages = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(messages, [], name);
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= screen, `${name} is ${content} px wide on a screen of ${screen} px`);
}

/** Saves a picture for the README if $PICTURES names a folder. */
async function picture(page, name, options = {}) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), ...options });
}

/** Runs before the scripts of each page: adds up its layout shifts that do not follow an action of the user. */
function countShifts() {
  window.shift = 0;
  const add = (list) => list.getEntries().forEach(({ hadRecentInput, value }) => (window.shift += hadRecentInput ? 0 : value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
}

/** Returns the sum of the page's layout shifts. */
const shifted = (page) => page.evaluate(() => window.shift);

/** Returns a function that calls the API with a token. */
const apiFor = (url, token) => async (method, path, body) => {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return response.headers.get("Content-Type") === "application/json" ? JSON.parse(text) : text;
};

/** Signs in by the API. Returns the token. */
const tokenOf = (url, email) => apiFor(url)("POST", "login", { email, password: PASSWORD });

/** Returns a function that calls the API as an account. */
const signedIn = async (url, email) => apiFor(url, await tokenOf(url, email));

/** Creates a Receptionist, of whom the demo clinic has none. Returns the email. */
async function receptionist(url) {
  const email = `desk-${Date.now()}@rounds.example`;
  const admin = await signedIn(url, PEOPLE.admin);
  await admin("POST", "register", { account_type: "Receptionist", name: "Robin Desk", email, password: PASSWORD });
  return email;
}

module.exports = { addressOf, receptionist, ARGUMENTS, SIZES, apiFor, tokenOf, signedIn, story, dayAhead, signIn, accessible, picture, countShifts, shifted, PASSWORD, PEOPLE };
