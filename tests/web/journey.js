// A doctor is invited. A patient registers, verifies the email, books, is reminded, reschedules and cancels by the links of
// mails, and chooses a new password. The mails are those that an SMTP server has accepted.
const assert = require("node:assert/strict");
const { follow, heading, mails, mailTo, routeIn, routeInMail } = require("./mails.js");
const { DATE, booked, timeOn } = require("./scene.js");
const { story, signIn, PASSWORD, PEOPLE } = require("./support.js");

const DOCTOR = { name: "Dr. Ines Haddad", specialty: "Sleep medicine" };
const NEW_PASSWORD = "battery staple";
const START = `${DATE}T10:00:00Z`;

const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** Returns the subject. It may be folded. */
const subjectOf = (mail) => /^Subject: (.*(?:\r?\n[ \t].*)*)/m.exec(mail)[1].replace(/\r?\n[ \t]/g, " ");

/** Returns the newest message to an address whose subject starts with a text, when it has come. */
const mailAbout = (to, text) => mailTo(to, text, (mail) => subjectOf(mail).startsWith(text));

/** Returns the values of the calendar of a mail. */
function calendarOf(mail) {
  const [calendar] = /BEGIN:VCALENDAR[^]*END:VCALENDAR/.exec(mail);
  const value = (name) => new RegExp(`^${name}[:;](.*)\\r?$`, "m").exec(calendar)[1].trim();
  return { method: value("METHOD"), uid: value("UID"), sequence: Number(value("SEQUENCE")), start: value("DTSTART") };
}

async function call(url, method, path, token, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method, headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}

/** An Admin invites a doctor, who chooses a password. */
async function invitesDoctor(page, url, email) {
  await signIn(page, PEOPLE.admin);
  await page.getByRole("link", { name: "Accounts" }).click();
  await button(page, "New account").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(DOCTOR.name);
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("Specialty").fill(DOCTOR.specialty);
  await button(dialog, "Create account").click();
  await status(page, "An email with a link to choose a password is on its way.");
  await button(page, "Sign out").click();
  await follow(page, url, await routeInMail(email, "invitation"), "Choose a password for your account");
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Save password").click();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await signIn(page, email);
  await page.getByRole("link", { name: DOCTOR.name }).waitFor();
  await button(page, "Sign out").click();
}

/** The clinic requires a verified email for bookings. */
async function registers(page, url, email) {
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Nora Patel");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Create account").click();
  await heading(page, /^Find a doctor at/);
  await follow(page, url, await routeInMail(email, "verify-email"), "Verify your email address");
  await button(page, "Verify email address").click();
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await heading(page, /^Find a doctor at/);
}

/** Returns the calendar of the mail about the booking. */
async function books(page, email) {
  await page.getByRole("link", { name: DOCTOR.name, exact: true }).click();
  await (await timeOn(page, "10:00")).click();
  await button(page, "Book appointment").click();
  await booked(page);
  const calendar = calendarOf(await mailAbout(email, "Your appointment on"));
  assert.deepEqual([calendar.method, calendar.sequence], ["REQUEST", 0]);
  return calendar;
}

/** The Admin now wants reminders at such a time before the start that this one is due within a minute. */
async function isReminded(url, admin, email) {
  const minutes = Math.floor((new Date(START) - Date.now()) / 60_000);
  await call(url, "PATCH", "clinic", admin, { reminder_minutes: [minutes] });
  return routeIn(await mailAbout(email, "Reminder: your appointment on"), "links");
}

/** Returns the calendar and the link of the mail about the new time. Rounds waits a minute for the next change. */
async function reschedules(page, url, email, route) {
  await follow(page, url, route, "Your appointment");
  await button(page, "I will come").click();
  await status(page, "Thank you. The clinic now knows that you will come.");
  await button(page, "Reschedule appointment").click();
  await (await timeOn(page.getByRole("dialog"), "15:00")).click();
  await page.getByRole("button", { name: /^Reschedule to .* 15:00$/ }).click();
  await status(page, "Your appointment has been rescheduled");
  const mail = await mailAbout(email, "Your appointment has changed:");
  return [calendarOf(mail), routeIn(mail, "links")];
}

async function cancels(page, url, email, route) {
  await follow(page, url, route, "Your appointment");
  await button(page, "Cancel appointment").click();
  await button(page, "Yes, cancel it").click();
  await status(page, "Your appointment has been cancelled");
  return calendarOf(await mailAbout(email, "Cancelled: your appointment on"));
}

async function choosesNewPassword(page, url, email) {
  await button(page, "Sign out").click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("Email address").fill(email);
  await button(page, "Send the email").click();
  await follow(page, url, await routeInMail(email, "reset-password"), "Choose a new password");
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await button(page, "Save password").click();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await signIn(page, email, NEW_PASSWORD);
  await mailAbout(email, "Your password has been changed");
}

/** Each message came once, and no subject names the doctor, the specialty or the patient. */
function checkSubjects(email) {
  const subjects = mails().filter((mail) => mail.includes(`<${email}>`)).map(subjectOf).reverse();
  const starts = [
    "Verify your email address", "Your appointment on", "Reminder: your appointment on", "Your appointment has changed:",
    "Cancelled: your appointment on", "Choose a new password", "Your password has been changed",
  ];
  assert.equal(subjects.length, starts.length, JSON.stringify(subjects));
  starts.forEach((start, index) => assert.ok(subjects[index].startsWith(start), JSON.stringify(subjects)));
  assert.doesNotMatch(subjects.join(), /Haddad|Sleep|Nora/);
}

story(
  async ({ open, url }) => {
    const [doctor, email] = ["ines@clinic.example", "nora@example.org"];
    const { access_token: admin } = await call(url, "POST", "login", "", { email: PEOPLE.admin, password: PASSWORD });
    const notices = { patient_cancel_notice: 60, patient_reschedule_notice: 60 };
    await call(url, "PATCH", "clinic", admin, { require_verified_email: true, ...notices });
    const page = await open();
    await invitesDoctor(page, url, doctor);
    await registers(page, url, email);
    const booked = await books(page, email);
    const reminder = await isReminded(url, admin, email);
    const [moved, link] = await reschedules(page, url, email, reminder);
    const cancelled = await cancels(page, url, email, link);
    for (const [before, after, method] of [[booked, moved, "REQUEST"], [moved, cancelled, "CANCEL"]]) {
      assert.deepEqual([after.uid, after.method, after.start], [booked.uid, method, `${DATE.replaceAll("-", "")}T150000Z`]);
      assert.ok(after.sequence > before.sequence, `${after.sequence} after ${before.sequence}`);
    }
    await choosesNewPassword(page, url, email);
    checkSubjects(email);
  },
  // Once: the mail about the new time waits a minute.
  { sizes: ["phone"] },
);
