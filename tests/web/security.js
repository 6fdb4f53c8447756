// Text from users is never run as code, passwords are masked and can be pasted, and signing out deletes all stored data.
const assert = require("node:assert/strict");
const { story, signIn, PEOPLE } = require("./support.js");

const MARKUP = `<img src=x onerror="document.title='run'"><b>__proto__</b>`;
const PASSWORD = "correct horse";

/** Checks that a password field is masked, works with password managers, and accepts pasted text. */
async function passwordField(page, label, autocomplete) {
  const input = page.getByLabel(label, { exact: true });
  assert.deepEqual([await input.getAttribute("type"), await input.getAttribute("autocomplete")], ["password", autocomplete], label);
  const email = page.locator("input[type=email], input[type=text], input[name=name]").first();
  const before = await email.inputValue();
  await email.fill(PASSWORD);
  await email.press("ControlOrMeta+a");
  await email.press("ControlOrMeta+c");
  await input.focus();
  await input.press("ControlOrMeta+v");
  assert.equal(await input.inputValue(), PASSWORD, label);
  await email.fill(before);
}

/** Everything that the browser stores for the clinic, except the random ids of sessions that have ended. */
const stored = (page) =>
  page.evaluate(async () => ({
    session: Object.keys(sessionStorage).sort(),
    local: Object.keys(localStorage).filter((key) => key !== "ended"),
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
/** That the tab has asked other tabs for their session, and the clinic's time zone. */
const NOTHING = { session: ["asked"], local: ["zone"], cookies: "", databases: 0, caches: 0, workers: 0 };

async function register(page, email) {
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill(MARKUP);
  await page.getByLabel("Email").fill(email);
  await passwordField(page, "Password", "new-password");
  await page.getByLabel("Your name").fill(MARKUP);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Checks that a name with markup is shown as it was entered, and runs no script. */
async function markupStaysText(page) {
  await page.getByRole("link", { name: MARKUP }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await page.locator("img, b", { hasNotText: "Rounds" }).count(), 0);
  assert.notEqual(await page.title(), "run");
  // The policy allows only the page's own scripts, so an injected one does not run.
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.head.append(script);
    return window.ran;
  });
  assert.equal(ran, undefined);
}

story(
  async ({ open }) => {
    const page = await open();
    const prototype = () => page.evaluate(() => Reflect.ownKeys(Object.prototype).map(String).sort());
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    const before = await prototype();
    assert.deepEqual(await stored(page), NOTHING);
    await passwordField(page, "Password", "current-password");

    const email = `security-${crypto.randomUUID()}@example.org`;
    await register(page, email);
    assert.deepEqual(await stored(page), { ...NOTHING, session: ["asked", "ends", "token"] });
    await markupStaysText(page);
    const current = page.getByLabel("Current password", { exact: true });
    assert.equal(await current.getAttribute("type"), "password");
    await passwordField(page, "New password", "new-password");
    assert.equal(await page.locator("input[name*=password]:not([type=password])").count(), 0);

    // Signing out works offline, and removes what was shown and what was stored.
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    assert.deepEqual(await stored(page), NOTHING);
    assert.ok(!(await page.content()).includes("__proto__"));
    await page.context().setOffline(false);

    // An Admin sees the same text.
    await signIn(page, PEOPLE.admin);
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByLabel("Name or email address").fill(email);
    await page.keyboard.press("Enter");
    await page.getByText(MARKUP).first().waitFor();
    assert.equal(await page.locator("main img").count(), 0);
    assert.deepEqual(await prototype(), before);
  },
  // The browser reports the script that the policy blocked.
  { expected: /Content Security Policy|ERR_INTERNET_DISCONNECTED/ },
);
