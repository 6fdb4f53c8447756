// An Admin handles messages that could not be sent. The SMTP server accepts no addresses outside of ASCII.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support.js");

const heading = (page, name) => page.getByRole("heading", { name, exact: true }).waitFor();
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** Registers a patient, who gets a mail that verifies the address. */
async function register(url, name, email) {
  const body = JSON.stringify({ name, email, password: PASSWORD, account_type: "Patient" });
  const response = await fetch(new URL("register", url), { method: "POST", headers: { "Content-Type": "application/json" }, body });
  assert.ok(response.ok, `${response.status}`);
}

/** Loads the page until a row of a list has a text. The sender runs every few seconds. */
async function rowWith(page, list, name, text = "") {
  const row = page.getByRole("table", { name: `Messages: ${list}` }).getByRole("row").filter({ hasText: name }).filter({ hasText: text });
  for (let attempt = 0; attempt < 60; attempt++) {
    // The chosen state stays the same when the page is loaded again.
    await page.getByLabel("State").selectOption(list === "Failed" ? "To handle" : list);
    await page.reload();
    await page.getByRole("status").filter({ hasText: /^\d+\+? messages?$|^No messages/ }).first().waitFor();
    await page.waitForLoadState("networkidle");
    if (await row.count()) return row;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error(`no message to ${name} is ${list}: ${text}`);
}

async function handles(page, name, size) {
  await page.getByRole("navigation").getByRole("link", { name: "Messages" }).click();
  await heading(page, "Messages");
  const row = await rowWith(page, "Failed", name);
  for (const text of ["Verify email address", "not support", "Failed"]) await row.getByText(text).waitFor();
  await heading(page, "Call the recipient");
  await accessible(page, "the messages to handle");
  await picture(page, `admin-messages-${size}`);
  await row.getByRole("button", { name: "Try again" }).click();
  await status(page, "The message will be sent within two minutes.");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Failed");
  const again = await rowWith(page, "Failed", name);
  await again.getByRole("button", { name: "Done" }).click();
  await status(page, "The message is marked as done.");
  await again.waitFor({ state: "detached" });
  const done = await rowWith(page, "Done", name);
  assert.equal(await done.getByRole("button").count(), 0);
}

/** The message to a reader whose address the server accepts. */
async function seesSent(page, name) {
  const row = await rowWith(page, "Sent", name);
  assert.equal(await row.getByRole("button").count(), 0);
  await accessible(page, "the sent messages");
  await page.getByLabel("State").selectOption("Waiting");
  await heading(page, "Waiting");
  await page.getByRole("link", { name: "Policy" }).click();
  await page.goBack();
  await heading(page, "Waiting");
}

/** Somebody else has handled the message since the page was loaded. */
async function learnsThatMessageEnded(page, other, name) {
  const row = await rowWith(page, "Failed", name);
  const first = await rowWith(other, "Failed", name);
  await first.getByRole("button", { name: "Done" }).click();
  await status(other, "The message is marked as done.");
  await row.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").getByText("Nothing can be done about this message any more").waitFor();
  await row.waitFor({ state: "detached" });
}

async function readsArabic(open, name, size) {
  const page = await open({ colorScheme: "dark" });
  await signIn(page, PEOPLE.admin);
  await page.evaluate(() => (location.hash = "#/messages"));
  await rowWith(page, "Failed", name);
  await picture(page, `admin-messages-dark-${size}`);
  await page.getByLabel("Language", { exact: true }).selectOption("العربية");
  await page.getByRole("heading", { name: "الرسائل", exact: true }).waitFor();
  await page.getByRole("row").filter({ hasText: name }).waitFor();
  await accessible(page, "the messages in Arabic, in dark mode");
  await picture(page, `admin-messages-arabic-${size}`);
}

story(
  async ({ open, size, url }) => {
    for (const name of ["Jörg", "Zoë", "José"]) await register(url, `${name} ${size}`, `${name}.${size}@example.org`);
    await register(url, `Ada ${size}`, `ada.${size}@example.org`);
    const [page, other] = [await open(), await open()];
    await signIn(page, PEOPLE.admin);
    await signIn(other, PEOPLE.admin);
    await other.evaluate(() => (location.hash = "#/messages"));
    await handles(page, `Jörg ${size}`, size);
    await seesSent(page, `Ada ${size}`);
    await learnsThatMessageEnded(page, other, `Zoë ${size}`);
    await readsArabic(open, `José ${size}`, size);
  },
  { expected: /status of 409/ },
);
