// Users follow the links of mails. They verify an email address, choose a new password, choose a first password, and change
// the email address.
const assert = require("node:assert/strict");
const { follow, heading, routeInMail } = require("./mails.js");
const { story, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support.js");

const NEW_PASSWORD = "battery staple";

const post = async (url, path, body, token) => {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response;
};

const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

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
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await heading(page, "Sign in");
  const used = { title: "Verify your email address", submit: "Verify email address", another: "Your account", next: "Sign in" };
  await refuses(page, url, route, used);
  await signIn(page, email);
  await heading(page, "Your account");
  await page.getByText("Verified", { exact: true }).waitFor();
  await button(page, "Sign out").click();
}

/** The page says the same for an unknown email address. */
async function asksForPassword(page, email, size) {
  await page.getByRole("link", { name: "Sign in" }).click();
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
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
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
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await signIn(page, invited, NEW_PASSWORD);
  await button(page, "Sign out").click();
}

/** The new address counts once the link of the mail to it was used. */
async function changesEmail(page, { url, email, size }) {
  const newEmail = `new-${email}`;
  await signIn(page, email, NEW_PASSWORD);
  await page.evaluate(() => (location.hash = "#/account"));
  await heading(page, "Your account");
  const change = async (address, password) => {
    await page.getByLabel("New email address").fill(address);
    await page.getByLabel("Your password").fill(password);
    await button(page, "Change email address").click();
  };
  await change(newEmail, PASSWORD);
  await page.getByText("The password is wrong.").waitFor();
  await change(PEOPLE.patient, NEW_PASSWORD);
  await page.getByRole("alert").getByText("There is already an account with this email address.").waitFor();
  await change(newEmail, NEW_PASSWORD);
  await status(page, `We have sent an email to ${newEmail}.`);
  await accessible(page, "a changed email address");
  await picture(page, `change-email-${size}`, { fullPage: true });
  await follow(page, url, await routeInMail(newEmail, "verify-email"), "Verify your email address");
  await button(page, "Verify email address").click();
  await status(page, "Your email address is verified.");
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await page.evaluate(() => (location.hash = "#/account"));
  await page.getByText(newEmail).first().waitFor();
  await page.getByText("Verified", { exact: true }).waitFor();
  await button(page, "Sign out").click();
  await signIn(page, newEmail, NEW_PASSWORD);
  await button(page, "Sign out").click();
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
    await changesEmail(page, { url, email, size });
    await readsArabic(open);
  },
  { sizes: ["phone", "desktop"], expected: /status of (401|409|422)/ },
);
