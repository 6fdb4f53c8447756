// Whoever comes: a light page, their language, their own account, and out again.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support.js");

const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** What the first page costs: what a phone on a slow network waits for. */
async function budget(page) {
  const loaded = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })));
  const bytes = loaded.reduce((sum, one) => sum + one.bytes, 0);
  assert.ok(bytes > 0 && bytes < 50_000 && loaded.length <= 6, JSON.stringify(loaded));
}

/** Names of any script and emails beyond ASCII; but nothing that cannot be seen. */
async function takesWhatTheApiTakes(page) {
  for (const [label, expected, texts] of [
    ["Your name", true, ["सुनीता", "👩🏽‍⚕️", "O’Hara", "مهدی\u200Cزاده"]],
    ["Your name", false, ["\u200B\u2800", "\u3164", "\u0301", "a\u202Eb", "a\u2066b", "a\u2028b"]],
    ["Email", true, ["सुनीता@example.org", "ada@münchen.example"]],
    ["Email", false, ["ada", "@example.org", "ada@"]],
  ]) {
    const field = page.getByLabel(label);
    for (const text of texts) {
      await field.fill(text);
      assert.equal(await field.evaluate((input) => input.checkValidity()), expected, `${label}: ${JSON.stringify(text)}`);
    }
    assert.notEqual(await field.getAttribute("title"), null);
  }
}

async function account(page) {
  const email = `everyone-${crypto.randomUUID()}@example.org`;
  await page.getByRole("link", { name: "Create an account" }).click();
  await takesWhatTheApiTakes(page);
  await page.getByLabel("Your name").fill("Ada Byron");
  await page.getByLabel("Email").fill(PEOPLE.patient);
  await page.getByLabel("Password").fill("password123");
  await accessible(page, "creating an account");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("most common").waitFor();
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("There is an account with this email already.").waitFor();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Create the account" }).click();

  await page.getByRole("link", { name: "Ada Byron" }).click();
  await page.getByLabel("Name").fill("Ada Lovelace");
  await page.getByRole("button", { name: "Save" }).click();
  await status(page, "Your name is changed.");
  await page.getByRole("link", { name: "Ada Lovelace" }).waitFor();
  await accessible(page, "the account");
  await page.getByLabel("Your password until now").fill("correct horse");
  await page.getByLabel("New password").fill("battery staple");
  await page.getByRole("button", { name: "Change your password" }).click();
  await status(page, "Your password is changed.");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download all" }).click();
  assert.equal((await download).suggestedFilename(), "my-data.json");

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The email or the password is wrong.").waitFor();
  await signIn(page, email, "battery staple");
}

/** Nothing of a session is left behind it, and one that has ended elsewhere ends here. */
async function sessions(page) {
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.goBack();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();

  await signIn(page, PEOPLE.patient);
  const before = await page.evaluate(() => sessionStorage.getItem("token"));
  // Half an hour later the token is exchanged for a fresh one by the next thing that is done.
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
  await page.getByLabel("Language").selectOption("العربية");
  await page.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ["ar", "rtl"]);
  await accessible(page, "signing in, in Arabic");
  await page.getByLabel("اللغة").selectOption("English");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** From the keyboard alone. */
async function keyboard(page) {
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PEOPLE.patient);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Without the clinic, the page says so, and goes on when it is back. */
async function unreachable(page) {
  await page.route("**/clinic", (route) => route.abort());
  await page.reload();
  await page.getByText("The clinic cannot be reached.").waitFor();
  await accessible(page, "the clinic out of reach");
  await page.unroute("**/clinic");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

story(
  async ({ open, size }) => {
    const page = await open();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await budget(page);
    await accessible(page, "signing in");
    await account(page);
    await sessions(page);
    await languages(page);
    await keyboard(page);
    await unreachable(page);

    const dark = await open({ colorScheme: "dark" });
    await dark.getByRole("heading", { name: "Sign in" }).waitFor();
    await accessible(dark, "signing in, in the dark");
    await picture(dark, `sign-in-${size}`);

    const arabic = await open({ locale: "ar-EG" });
    await arabic.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
  },
  { expected: /status of (401|409|422)|ERR_FAILED/ },
);
