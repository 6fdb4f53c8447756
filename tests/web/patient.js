// A visitor chooses a time, registers, books it and manages the appointment. Another patient books the same time.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { addressOf, story, signIn, accessible, picture, PASSWORD } = require("./support");
const { CLINIC, DATE, DOCTOR, setUp, timeOn, visit, openBooking, booked, countAt } = require("./scene");

const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

const cardOf = (page, { doctor }) =>
  page.getByRole("main").getByRole("listitem").filter({ has: page.locator(`h3 a[href="#/doctors/${doctor.id}"]`) });

/** Without an account: searches for the doctor, and chooses the first time. */
async function choosesFirstTime(page, size, scene) {
  await page.getByRole("link", { name: CLINIC.phone }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("nobody has this name");
  await page.getByText("No doctors found.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("ines");
  await page.getByLabel("Specialty").selectOption(DOCTOR.specialty);
  const card = cardOf(page, scene);
  await card.getByRole("list").getByRole("link").nth(2).waitFor();
  assert.ok((await addressOf(page)).includes("q=ines"));
  // A reload keeps the search.
  await page.reload();
  const first = card.getByRole("list").getByRole("link").first();
  await first.waitFor();
  await accessible(page, "doctors");
  await picture(page, `patient-find-${size}`);
  const time = await first.textContent();
  await first.click();
  await page.getByRole("dialog", { name: "Book this appointment?" }).getByText(CLINIC.address.split("\n")[0]).waitFor();
  await accessible(page, "a time without an account");
  return time.match(/\d+:\d\d/)[0];
}

/** The time stays chosen while the visitor creates an account. Then the dialog is open again, and has the focus. */
async function registersAndBooks(page, size, scene) {
  const time = await choosesFirstTime(page, size, scene);
  await page.getByRole("link", { name: "Book appointment" }).click();
  await page.getByText("Your chosen time is not booked yet").waitFor();
  await page.getByLabel("Your name").fill("Nora Patel");
  await page.getByLabel("Email").fill(scene.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Create account").click();
  const dialog = page.getByRole("dialog", { name: "Book this appointment?" });
  await dialog.getByText(time).waitFor();
  assert.ok(await dialog.evaluate((dialog) => dialog.contains(document.activeElement)), "the dialog has the focus");
  await button(dialog, "Book appointment").click();
  await booked(page);
  await page.getByText(time).first().waitFor();
  // The way back leads to no dialog for the time that is booked.
  await page.goBack();
  await page.getByRole("heading", { name: DOCTOR.name, level: 1 }).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.goForward();
  await booked(page);
  await button(page, "Cancel appointment").click();
  await button(page, "Yes, cancel it").click();
  await status(page, "Your appointment has been cancelled");
}

/** From the start page in four taps: the doctor, the day, the time and the confirmation. */
async function booksInFourTaps(page, size, scene) {
  await visit(page, "");
  await page.evaluate(() => {
    window.taps = 0;
    addEventListener("click", () => (window.taps += 1), { capture: true });
  });
  await cardOf(page, scene).getByRole("link", { name: DOCTOR.name }).first().click();
  const time = await timeOn(page, "9:00");
  await accessible(page, "a doctor's times");
  await picture(page, `patient-times-${size}`);
  await time.click();
  const dialog = page.getByRole("dialog", { name: "Book this appointment?" });
  await dialog.getByText("Bring your insurance card.").waitFor();
  await accessible(page, "a booking");
  await picture(page, `patient-book-${size}`);
  // The dialog opens with the focus on its button.
  await page.keyboard.press("Enter");
  await booked(page);
  // A key that presses a button counts too.
  assert.equal(await page.evaluate(() => window.taps), 4);
}

async function choosesLength(page, scene) {
  await visit(page, `doctors/${scene.doctor.id}`);
  await page.getByLabel("Appointment length").selectOption("60 min");
  await timeOn(page, "8:00");
  // 17:30 is too late for an hour.
  await (await timeOn(page, "17:00")).waitFor();
  assert.equal(await (await timeOn(page, "17:30")).count(), 0);
  assert.ok((await addressOf(page)).endsWith("duration=60"));
  await page.goBack();
}

async function seesConfirmation(page, size) {
  await accessible(page, "a confirmation");
  await picture(page, `patient-booked-${size}`);
  await page.getByText(CLINIC.address.split("\n")[0]).first().waitFor();
  const downloaded = page.waitForEvent("download");
  await button(page, "Add to your calendar").click();
  const download = await downloaded;
  const calendar = readFileSync(await download.path(), "utf8");
  const day = DATE.replaceAll("-", "");
  for (const text of [`DTSTART:${day}T090000Z`, "SEQUENCE:0", DOCTOR.name]) {
    assert.ok(calendar.includes(text), calendar);
  }
  const google = new URL(await page.getByRole("link", { name: "Add to Google Calendar" }).getAttribute("href"));
  assert.equal(google.origin, "https://calendar.google.com");
  assert.equal(google.searchParams.get("dates"), `${day}T090000Z/${day}T093000Z`);
  await page.getByRole("link", { name: "Find a doctor" }).click();
  await page.getByRole("heading", { name: "Your next appointment" }).waitFor();
}

/** A cancelled appointment is no longer under "Upcoming". */
async function cancelsInList(page, size) {
  await page.getByRole("navigation").getByRole("link", { name: "Your appointments" }).click();
  await page.getByText("You have no past appointments.").waitFor();
  const upcoming = page.getByRole("region", { name: "Upcoming" });
  await upcoming.getByText("1 appointment").waitFor();
  await accessible(page, "appointments");
  await picture(page, `patient-appointments-${size}`);
  await upcoming.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByLabel("Reason").fill("I am well again.");
  await accessible(page, "a cancellation");
  await button(page, "Yes, cancel it").click();
  await status(page, "Your appointment has been cancelled");
  await upcoming.getByText("You have no upcoming appointments.").waitFor();
  const cancelled = page.getByRole("region", { name: "Cancelled" });
  await cancelled.getByText("2 appointments").waitFor();
  await cancelled.getByRole("link").last().click();
  await page.getByText("I am well again.").waitFor();
}

/** Another patient books the time while the dialog is open. */
async function choosesAlternative(page, size, scene) {
  await openBooking(page, scene, "10:00");
  await scene.book("10:00");
  await button(page, "Book appointment").click();
  await page.getByRole("alert").getByText("This time has just been taken.").waitFor();
  const hasFocus = await page.getByRole("dialog").evaluate((dialog) => dialog.contains(document.activeElement));
  assert.ok(hasFocus, "the dialog has the focus after a refusal");
  await accessible(page, "alternatives");
  await picture(page, `patient-alternatives-${size}`);
  await page.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
  await booked(page);
  assert.equal(await countAt(scene, "10:00"), 0);
}

/** Reschedules the appointment on its page. Another patient books the first time that the patient chooses. */
async function reschedulesOnPage(page, size, scene) {
  await page.getByText(/^You can reschedule the appointment here until/).waitFor();
  await page.getByText(/^You can cancel the appointment here until/).waitFor();
  await button(page, "Reschedule appointment").click();
  const dialog = page.getByRole("dialog", { name: "Reschedule this appointment" });
  await (await timeOn(dialog, "15:00")).click();
  await accessible(page, "a rescheduling");
  await picture(page, `patient-reschedule-${size}`);
  await scene.book("15:00");
  await dialog.getByRole("button", { name: /^Reschedule to .* 15:00$/ }).click();
  await dialog.getByRole("alert").getByText("This time has just been taken.").waitFor();
  await accessible(page, "a refused rescheduling");
  await dialog.getByRole("alert").getByRole("button").first().click();
  await status(page, "Your appointment has been rescheduled");
  await page.getByText(/^Moved from Wednesday/).waitFor();
  await accessible(page, "a rescheduled appointment");
}

/** The clinic moves the appointment while its page is open. */
async function seesMove(page, { call, admin }) {
  const id = /appointments\/(\d+)/.exec(await addressOf(page))[1];
  await call("POST", `appointments/${id}/reschedule`, { token: admin, start_date: `${DATE}T16:30:00Z` });
  // As when the user comes back to the tab.
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await page.getByText(/16:30$/).first().waitFor();
}

/** Cancels on the appointment's page, without a reason. */
async function cancelsOnPage(page) {
  await button(page, "Cancel appointment").click();
  await button(page, "No, keep it").click();
  await button(page, "Cancel appointment").click();
  await button(page, "Yes, cancel it").click();
  await status(page, "Your appointment has been cancelled");
  await page.getByText("Cancelled", { exact: true }).waitFor();
}

/** In another time zone, in dark mode, and in Arabic. */
async function otherSettings(open, size, scene) {
  const page = await open({ timezoneId: "Asia/Tokyo", colorScheme: "dark" });
  await signIn(page, scene.email);
  await openBooking(page, scene, "14:00");
  await page.getByRole("dialog").getByText(/23:00 your time/).waitFor();
  await accessible(page, "a booking in dark mode");
  await page.getByRole("button", { name: "Close" }).click();
  await (await timeOn(page, "16:00")).getByText(/Thu,? 0?1:00 your time/).waitFor();
  await page.getByText("Times are in the clinic's time zone (UTC).").waitFor();
  await accessible(page, "times in two time zones, in dark mode");
  await picture(page, `patient-zones-dark-${size}`);
  await page.getByLabel("Language").selectOption("العربية");
  await page.getByRole("heading", { name: "اختر وقتًا" }).waitFor();
  await accessible(page, "times in Arabic");
  await picture(page, `patient-times-ar-${size}`);
  await page.getByRole("link", { name: "مواعيدك" }).click();
  await page.getByText("3 مواعيد").waitFor();
  await accessible(page, "appointments in Arabic");
  await page.context().close();
}

story(
  async ({ open, size, url }) => {
    const scene = await setUp(url, size);
    try {
      const page = await open();
      await registersAndBooks(page, size, scene);
      await booksInFourTaps(page, size, scene);
      await choosesLength(page, scene);
      await booked(page);
      await seesConfirmation(page, size);
      await cancelsInList(page, size);
      await choosesAlternative(page, size, scene);
      await reschedulesOnPage(page, size, scene);
      await seesMove(page, scene);
      await cancelsOnPage(page);
      await otherSettings(open, size, scene);
      await page.context().close();
    } finally {
      await scene.deactivate();
      await scene.restoreClinic();
    }
  },
  // The requests that the story expects to be refused.
  { sizes: ["phone", "desktop"], expected: /Failed to load resource: the server responded with a status of 409/ },
);
