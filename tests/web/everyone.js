// What all users do: load a small page, register, change their account, choose a language, sign in and out.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support.js");

/** Opens the page that signs in, from the start page. */
async function askForSignIn(page) {
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
}

const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** Checks that the first page is small enough for a phone on a slow network: its texts, its view and what all views need. */
async function budget(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  const files = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })));
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const assets = files.filter(({ name }) => /\/web\//.test(name));
  assert.ok(bytes > 0 && bytes < 52_000 && assets.length <= 10, JSON.stringify(files));
}

/** The form accepts names in any script and email addresses beyond ASCII, but no invisible names. */
async function validatesLikeTheApi(page) {
  for (const [label, isValid, texts] of [
    ["Your name", true, ["सुनीता", "👩🏽‍⚕️", "O’Hara", "مهدی\u200Cزاده"]],
    ["Your name", false, ["\u200B\u2800", "\u3164", "\u0301", "a\u202Eb", "a\u2066b", "a\u2028b"]],
    ["Email", true, ["सुनीता@example.org", "ada@münchen.example"]],
    ["Email", false, ["ada", "@example.org", "ada@"]],
  ]) {
    const field = page.getByLabel(label);
    for (const text of texts) {
      await field.fill(text);
      assert.equal(await field.evaluate((input) => input.checkValidity()), isValid, `${label}: ${JSON.stringify(text)}`);
    }
    assert.notEqual(await field.getAttribute("title"), null);
  }
}

/** The button sends the mail for the verification again. The response is simulated, because nothing reads mail here. */
async function verification(page) {
  await page.getByText("Not verified yet").waitFor();
  await page.route("**/me/verify_email", (route) => route.fulfill({ status: 202, body: "" }));
  await page.getByRole("button", { name: "Send the verification email again" }).click();
  await status(page, "We have sent you an email.");
  await page.unroute("**/me/verify_email");
}

async function account(page, size) {
  const email = `everyone-${crypto.randomUUID()}@example.org`;
  await page.getByRole("link", { name: "Create an account" }).click();
  await validatesLikeTheApi(page);
  await page.getByLabel("Your name").fill("Ada Byron");
  await page.getByLabel("Email").fill(PEOPLE.patient);
  await page.getByLabel("Password").fill("password123");
  await accessible(page, "creating an account");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("This password is too common.").waitFor();
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("There is already an account with this email address.").waitFor();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Create account" }).click();

  await page.getByRole("link", { name: "Ada Byron" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("Phone number").fill("030 123456");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Enter the phone number with its country code, such as").waitFor();
  assert.equal(await page.getByLabel("Phone number").getAttribute("aria-invalid"), "true");
  assert.ok(await page.getByLabel("Phone number").evaluate((input) => input === document.activeElement));
  await page.getByLabel("Phone number").fill("+49 (30) 123-456");
  // The language of the pages at the registration.
  assert.equal(await page.getByLabel("Language of messages to you").inputValue(), "en");
  await page.getByLabel("Language of messages to you").selectOption("العربية");
  await page.getByRole("button", { name: "Save" }).click();
  await status(page, "Your account has been changed.");
  await page.getByRole("link", { name: "Ada Lovelace" }).waitFor();
  assert.equal(await page.getByLabel("Phone number").inputValue(), "+4930123456");
  await accessible(page, "the account");
  await picture(page, `account-${size}`);
  await verification(page);
  await page.getByLabel("Current password").fill("correct horse");
  await page.getByLabel("New password").fill("battery staple");
  await page.getByRole("button", { name: "Change your password" }).click();
  await status(page, "Your password has been changed.");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download your data" }).click();
  assert.equal((await download).suggestedFilename(), "my-data.json");

  await page.getByRole("button", { name: "Sign out" }).click();
  await askForSignIn(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The email address or the password is wrong.").waitFor();
  await signIn(page, email, "battery staple");
}

/** The secret address of the calendar is shown once. It stops working when it is replaced or removed. */
async function calendarFeed(page, url, size) {
  await page.getByRole("link", { name: "Ada Lovelace" }).click();
  const read = async (address) => (await fetch(new URL(new URL(address).pathname, url))).status;
  const field = page.getByLabel("The address of your calendar");
  await page.getByRole("button", { name: "Create the address" }).click();
  await field.waitFor();
  const first = await field.inputValue();
  assert.equal(await read(first), 200);
  assert.equal(await page.getByRole("link", { name: "Open in calendar program" }).getAttribute("href"), first.replace("http", "webcal"));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy" }).click();
  await status(page, "Copied.");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), first);
  await accessible(page, "a new calendar feed");
  await picture(page, `account-feed-${size}`, { fullPage: true });

  await page.reload();
  await page.getByText("Your calendar has an address, without details. It cannot be shown again.").waitFor();
  assert.ok(!(await page.evaluate(() => document.documentElement.innerHTML + JSON.stringify({ ...sessionStorage }))).includes(first));
  await page.getByLabel("With details").check();
  await page.getByRole("button", { name: "Replace the address" }).click();
  await field.waitFor();
  const second = await field.inputValue();
  assert.deepEqual([await read(first), await read(second)], [404, 200]);
  await page.reload();
  await page.getByText("Your calendar has an address, with details.").waitFor();
  assert.ok(await page.getByLabel("With details").isChecked());
  await accessible(page, "a calendar feed");
  await page.getByRole("button", { name: "Remove the address" }).click();
  await status(page, "The address no longer works.");
  await page.getByRole("button", { name: "Create the address" }).waitFor();
  assert.equal(await read(second), 404);
}

/** The account in dark mode, and in Arabic. */
async function otherSettings(open, size) {
  const page = await open({ colorScheme: "dark" });
  await signIn(page, PEOPLE.patient);
  await page.evaluate(() => (location.hash = "#/account"));
  await page.getByRole("button", { name: "Create the address" }).click();
  await page.getByLabel("The address of your calendar").waitFor();
  await accessible(page, "the account, in dark mode");
  await picture(page, `account-dark-${size}`, { fullPage: true });
  await page.getByLabel("Language", { exact: true }).selectOption("العربية");
  await page.locator("html[lang=ar]").waitFor();
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.reload();
    await page.getByRole("button", { name: "استبدال العنوان" }).click();
    await page.getByLabel("عنوان تقويمك").waitFor();
    await accessible(page, `the account in Arabic, ${colorScheme}`);
    await picture(page, `account-arabic-${colorScheme}-${size}`, { fullPage: true });
  }
  await page.getByRole("button", { name: "إزالة العنوان" }).click();
  await page.getByText("لم يعد العنوان يعمل.").waitFor();
  await page.context().close();
}

/**
 * What the browser stores without a session: that this tab has asked others for theirs, the clinic's time zone, and the random
 * ids of sessions that have ended.
 */
const NOTHING = { session: { asked: "" }, local: { zone: "UTC" }, cookies: "" };
async function stored(page) {
  const { ended, ...local } = await page.evaluate(() => ({ ...localStorage }));
  assert.ok(ended === undefined || JSON.parse(ended).every((id) => /^\w+$/.test(id)), ended);
  return { ...(await page.evaluate(() => ({ session: { ...sessionStorage }, cookies: document.cookie }))), local };
}

/** Signing out deletes what is stored. A session with an invalid token ends. */
async function sessions(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  assert.deepEqual(await stored(page), NOTHING);
  await page.goBack();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();

  await signIn(page, PEOPLE.patient);
  const before = await page.evaluate(() => sessionStorage.getItem("token"));
  // After half an hour, the next request renews the token.
  await page.clock.install({ time: Date.now() + 31 * 60_000 });
  const renewed = page.waitForResponse((response) => response.url().endsWith("/me/token"));
  await page.reload();
  assert.equal((await renewed).status(), 200);
  await page.waitForFunction((before) => sessionStorage.getItem("token") !== before, before);

  await page.evaluate(() => sessionStorage.setItem("token", sessionStorage.getItem("token").replace(/..$/, "")));
  await page.reload();
  await page.getByText("Your session has ended. Sign in to continue.").waitFor();
}

async function languages(page) {
  await page.evaluate(() => (location.hash = "#/sign-in"));
  await page.getByLabel("Language", { exact: true }).selectOption("العربية");
  await page.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ["ar", "rtl"]);
  await accessible(page, "signing in, in Arabic");
  await refusedInArabic(page);
  await page.getByLabel("اللغة").selectOption("English");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** A refusal of the API is shown in the language of the page. */
async function refusedInArabic(page) {
  await page.getByRole("link", { name: "إنشاء حساب" }).click();
  await page.getByLabel("اسمك").fill("Ada");
  await page.getByLabel("البريد الإلكتروني").fill("ada@example.org");
  await page.getByLabel("كلمة المرور").fill("password123");
  await page.getByRole("button", { name: "إنشاء الحساب" }).click();
  await page.getByText("كلمة المرور هذه شائعة جدًا. اختر غيرها.").waitFor();
  assert.equal(await page.locator("main [lang=en]").count(), 0);
  await page.evaluate(() => (location.hash = "#/sign-in"));
  await page.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
}

/** Signs in with the keyboard only. */
async function keyboard(page) {
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to main content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PEOPLE.patient);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** If the clinic cannot be reached, the page shows an error, and a button to try again. */
async function unreachable(page) {
  await page.route("**/clinic", (route) => route.abort());
  await page.reload();
  await page.getByText("The clinic cannot be reached.").waitFor();
  await accessible(page, "an unreachable clinic");
  await page.unroute("**/clinic");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

story(
  async ({ open, size, url }) => {
    const page = await open();
    await budget(page);
    await askForSignIn(page);
    await accessible(page, "signing in");
    await account(page, size);
    await calendarFeed(page, url, size);
    await otherSettings(open, size);
    await sessions(page);
    await languages(page);
    await keyboard(page);
    await unreachable(page);

    const dark = await open({ colorScheme: "dark" });
    await askForSignIn(dark);
    await accessible(dark, "signing in, in dark mode");
    await picture(dark, `sign-in-${size}`);

    const arabic = await open({ locale: "ar-EG" });
    await arabic.getByRole("link", { name: "تسجيل الدخول" }).click();
    await arabic.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
  },
  { expected: /status of (401|409|422)|ERR_FAILED/ },
);
