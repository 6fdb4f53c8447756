// An Admin looks at the clinic's day, and finds, reschedules, cancels and marks appointments.
const assert = require("node:assert/strict");
const { accessible, picture, signedIn, signIn, story, PASSWORD, PEOPLE } = require("./support");

const REFUSED = /Failed to load resource: the server responded with a status of (409|412|422)/;

/** Creates a patient with three appointments of two hours with one doctor, and one with another doctor, on a day in a week. */
async function setUp(url, size) {
  const admin = await signedIn(url, PEOPLE.admin);
  const name = `${size}-${Date.now()}`;
  const register = (account_type, person, more) => {
    const email = `${person.replace(/\W/g, "")}-${name}@rounds.example`;
    return admin("POST", "register", { account_type, name: `${person} ${name}`, email, password: PASSWORD, ...more });
  };
  const doctor = await register("Doctor", "Dr. Day", { specialty: "Stories" });
  const other = await register("Doctor", "Dr. Other");
  const patient = await register("Patient", "Patient");
  const asPatient = await signedIn(url, patient.email);
  const date = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  const book = (doctor, hour, duration = 120) =>
    asPatient("POST", `doctors/${doctor.id}/book`, { start_date: `${date}T${hour}:00:00Z`, duration });
  const appointments = [await book(doctor, "08"), await book(doctor, "10"), await book(doctor, "12")];
  const otherAppointment = await book(other, "14");
  return { admin, asPatient, doctor, other, patient, date, book, appointments, otherAppointment, size };
}

/** Checks a page after it has loaded. */
async function check(page, name) {
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await accessible(page, name);
}

const message = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const shown = (page, count) => message(page, new RegExp(`^${count} appointments?$`));
const column = (page, { name }) => page.getByRole("row", { name });
/** The appointment of the calendar at an hour. */
const inColumn = (page, doctor, hour) => column(page, doctor).getByRole("link", { name: new RegExp(`^0?${hour}:00 `) });
/** The row of the table with a start at an hour. */
const inTable = (page, hour) => page.getByRole("table").getByRole("link", { name: new RegExp(`\\b0?${hour}:00$`) });
const closeDialog = async (page) => {
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
};
const open = (page, route) => page.evaluate((route) => (location.hash = `#/${route}`), route);
const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

async function looksAtDay(page, { date, doctor, size }) {
  await page.getByLabel("Date", { exact: true }).fill(date);
  await page.getByLabel("Find a doctor").fill(doctor.name);
  const day = column(page, doctor);
  await day.getByText("3 appointments, 6 h").waitFor();
  await day.getByText("2 h available").waitFor();
  await inColumn(page, doctor, 12).waitFor();
  await day.getByText("4 h free").waitFor();
  await check(page, "the day");
  await picture(page, `clinic-day-${size}`);
  await page.getByLabel("Show", { exact: true }).selectOption("Doctors with appointments");
  await day.waitFor();
  await page.getByRole("button", { name: "Next day" }).click();
  await page.getByText("No doctors found.").waitFor();
  await page.getByLabel("Show", { exact: true }).selectOption("Doctors with available time");
  await day.getByText("8 h available").waitFor();
}

/** The search and the filter are in the address: they stay when the page is loaded again, and on other days. */
async function keepsFilters(page, { doctor }) {
  await page.reload();
  await column(page, doctor).getByText("8 h available").waitFor();
  assert.equal(await page.getByLabel("Show", { exact: true }).inputValue(), "withFreeTime");
  await page.getByRole("button", { name: "Previous day" }).click();
  await column(page, doctor).getByText("2 h available").waitFor();
  assert.equal(await page.getByLabel("Find a doctor").inputValue(), doctor.name);
}

/** Stores what has the focus as soon as the dialog is removed, before the browser paints the page without it. */
const noteFocusAfterDialog = (page) =>
  page.evaluate(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector("dialog")) return;
      observer.disconnect();
      window.focusAfterDialog = document.activeElement;
    }).observe(document.body, { childList: true, subtree: true });
  });

/**
 * Back closes the dialog. The filters, the scroll position and the focus stay. The focus is back at once: what the user types
 * on a busy machine must not go to another element.
 */
async function goesBack(page, { doctor, size }) {
  const appointment = inColumn(page, doctor, 12);
  await appointment.scrollIntoViewIfNeeded();
  const position = () => page.evaluate(() => [location.hash, scrollY]);
  const before = await position();
  await appointment.click({ position: { x: 20, y: 10 } });
  const dialog = page.getByRole("dialog");
  await dialog.getByText(doctor.name).waitFor();
  await check(page, "an appointment");
  await picture(page, `clinic-appointment-${size}`);
  await noteFocusAfterDialog(page);
  await page.goBack();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(await position(), before);
  const isBackAtOnce = await appointment.evaluate((element) => element === window.focusAfterDialog);
  assert.ok(isBackAtOnce, "the focus is on the appointment as soon as the dialog is gone");
  assert.ok(await isFocused(appointment), "the focus stays on the appointment");
}

/** The calendar is one tab stop, and the arrow keys go from doctor to doctor. */
async function usesKeyboard(page, { doctor, other }) {
  await page.getByLabel("Find a doctor").fill(doctor.name.split(" ").at(-1));
  await page.getByLabel("Show", { exact: true }).selectOption("All doctors");
  await inColumn(page, other, 14).waitFor();
  const grid = page.getByRole("grid", { name: "Calendar" });
  const stops = await grid.locator("a, button, [tabindex]").evaluateAll((all) => all.filter(({ tabIndex }) => tabIndex >= 0).length);
  assert.equal(stops, 1, "the calendar is one tab stop");
  await inColumn(page, doctor, 12).focus();
  await page.keyboard.press("ArrowRight");
  assert.ok(await isFocused(inColumn(page, other, 14)), "the focus is on the nearest time of the next doctor");
  // At that time, the first doctor is free.
  await page.keyboard.press("ArrowLeft");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /4 h free/);
  await page.keyboard.press("ArrowUp");
  assert.ok(await isFocused(inColumn(page, doctor, 12)), "the focus is on the last appointment of the first doctor");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText(doctor.name).waitFor();
  await closeDialog(page);
}

/** A patient books while a dialog is open: the calendar behind it shows it, and the dialog stays. */
async function seesChangesOfOthers(page, { doctor, other, book, asPatient, admin }) {
  await inColumn(page, doctor, 12).click({ position: { x: 20, y: 10 } });
  const reschedule = page.getByRole("dialog").getByRole("button", { name: "Reschedule" });
  await reschedule.focus();
  const id = await book(other, "17", 30);
  // Behind the dialog the page is inert, so not by its role.
  await page.locator(".column a", { hasText: "17:00" }).waitFor();
  assert.ok(await isFocused(reschedule), "the focus stays in the dialog");
  await closeDialog(page);
  await admin("POST", `appointments/${id}/cancel`, {});
  const { status } = await asPatient("GET", `appointments/${id}`);
  assert.equal(status, "Cancelled");
}

async function findsAppointments(page, { doctor, date, patient, size }) {
  await page.getByRole("navigation").getByRole("link", { name: "Appointments", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Appointments" }).waitFor();
  await page.getByLabel("Date").fill(date);
  await page.getByLabel("Doctor", { exact: true }).selectOption(doctor.name);
  await shown(page, 3);
  await page.getByRole("combobox", { name: "Patient" }).fill(patient.name);
  await page.getByRole("option", { name: patient.name }).click();
  await shown(page, 3);
  await check(page, "the appointments");
  await picture(page, `clinic-appointments-${size}`);
  await page.reload();
  await shown(page, 3);
  assert.equal(await page.getByRole("combobox", { name: "Patient" }).getAttribute("placeholder"), patient.name);
  await page.getByRole("button", { name: `Remove ${patient.name}` }).click();
}

async function reschedules(page, { admin, otherAppointment, date, patient, size }) {
  await inTable(page, 8).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: patient.name }).waitFor();
  await dialog.getByRole("button", { name: "Reschedule" }).click();
  await dialog.getByLabel("Length in minutes").fill("60");
  await dialog.getByLabel("Length in minutes").blur();
  await dialog.getByLabel("Date", { exact: true }).fill(date);
  const time = (text) => dialog.getByRole("button", { name: new RegExp(`^0?${text}`) });
  await time("8:15").waitFor();
  await dialog.getByLabel("Length in minutes").fill("120");
  await dialog.getByLabel("Length in minutes").blur();
  // Without 14:00, when the patient has another appointment, and without the current time.
  await time("8:15").waitFor({ state: "detached" });
  await dialog.getByLabel("Date", { exact: true }).fill(date);
  await time("16:00").waitFor();
  assert.equal(await time("14:00").count(), 0);
  await time("16:00").click();
  await check(page, "the choice of another time");
  await picture(page, `clinic-reschedule-${size}`);
  // Meanwhile the patient's other appointment is rescheduled to that time.
  await admin("POST", `appointments/${otherAppointment}/reschedule`, { start_date: `${date}T16:00:00Z` });
  await dialog.getByRole("button", { name: /^Reschedule to / }).click();
  await dialog.getByText("The patient has another appointment at this time.").waitFor();
  await check(page, "a refused rescheduling");
  await dialog.getByRole("alert").getByRole("button", { name: "14:00" }).first().click();
  await message(page, "The appointment has been rescheduled to");
  await inTable(page, 14).waitFor();
}

/** Cancels an appointment that changes in the meantime, and finds it by its status. */
async function cancels(page, { admin, appointments, date }) {
  await inTable(page, 10).click();
  const dialog = page.getByRole("dialog");
  const cancel = async () => {
    await dialog.getByRole("button", { name: "Cancel appointment" }).click();
    await dialog.getByLabel("Reason").fill("The doctor is ill.");
    await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  };
  await dialog.getByRole("button", { name: "Cancel appointment" }).waitFor();
  await admin("POST", `appointments/${appointments[1]}/reschedule`, { start_date: `${date}T09:00:00Z` });
  await cancel();
  await page.getByRole("alert").filter({ hasText: "changed in the meantime" }).waitFor();
  await dialog.getByText(/^Moved from .*10:00/).waitFor();
  await cancel();
  await message(page, "has been cancelled");
  await page.getByLabel("Status").selectOption("Cancelled");
  await shown(page, 1);
  await inTable(page, 9).click();
  await dialog.getByText("The doctor is ill.").waitFor();
  await check(page, "a cancelled appointment");
  // Back keeps the filters.
  await page.goBack();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Status").inputValue(), "Cancelled");
  await shown(page, 1);
}

/** The patient's history from the dialog is the list of all their appointments. */
async function followsLinks(page, { doctor, patient }) {
  await inTable(page, 9).click();
  await page.getByRole("dialog").getByRole("link", { name: "View history" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await shown(page, 5);
  await open(page, `appointments/patient/${patient.id}`);
  await shown(page, 5);
  await open(page, `appointments/doctor/${doctor.id}`);
  await shown(page, 3);
  await page.waitForFunction((id) => location.hash === `#/appointments?doctor=${id}`, doctor.id);
}

/** The appointments of a doctor who has left are found, with the doctor's name. */
async function findsThoseOfDeactivatedDoctor(page, { admin, other, date }) {
  await admin("POST", `accounts/${other.id}/deactivate`, {});
  await open(page, `appointments?doctor=${other.id}`);
  await page.reload();
  await page.getByRole("cell", { name: other.name }).first().waitFor();
  const option = page.getByLabel("Doctor", { exact: true }).locator("option", { hasText: `${other.name} (deactivated)` });
  await option.waitFor({ state: "attached" });
  await open(page, `day/${date}?q=${encodeURIComponent(other.name)}`);
  await column(page, other).getByText("Deactivated").waitFor();
  await inColumn(page, other, 16).waitFor();
  await check(page, "the day of a doctor who has left");
}

/**
 * Marks an appointment that has not started. A changed response makes the page show it as started. The API refuses the
 * mark.
 */
async function marksTooEarly(page, { appointments }) {
  await page.route(`**/appointments/${appointments[2]}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), start_date: "2020-01-01T10:00:00Z" } });
  });
  await open(page, `appointments/${appointments[2]}`);
  await page.getByRole("button", { name: "Mark as done" }).click();
  await page.getByText("The appointment has not started yet.").waitFor();
  await page.getByRole("button", { name: "Mark as no-show" }).waitFor();
  await check(page, "a mark");
  await closeDialog(page);
}

/** Checks the pages in another time zone: in dark mode, and in Arabic. */
async function otherSettings(open, { date, size }) {
  for (const [setting, options, language] of [["dark", { colorScheme: "dark" }, "en"], ["Arabic", {}, "ar"]]) {
    const page = await open({ ...options, timezoneId: "Asia/Kolkata" });
    await signIn(page, PEOPLE.admin);
    await page.getByLabel("Language", { exact: true }).selectOption(language);
    await page.locator(`html[lang=${language}]`).waitFor();
    for (const route of [`day/${date}`, `appointments?date=${date}`]) {
      await page.evaluate((route) => (location.hash = `#/${route}`), route);
      await page.reload();
      await page.locator("main :is([role=grid], table)").first().waitFor();
      await check(page, `${route}, ${setting}`);
      await picture(page, `clinic-${route.split(/\W/)[0]}-${setting}-${size}`);
    }
    await page.context().close();
  }
}

story(async ({ open, size, url }) => {
  const scene = await setUp(url, size);
  const page = await open();
  await signIn(page, PEOPLE.admin);
  await looksAtDay(page, scene);
  await keepsFilters(page, scene);
  await goesBack(page, scene);
  await usesKeyboard(page, scene);
  await seesChangesOfOthers(page, scene);
  await findsAppointments(page, scene);
  await reschedules(page, scene);
  await cancels(page, scene);
  await followsLinks(page, scene);
  await findsThoseOfDeactivatedDoctor(page, scene);
  await marksTooEarly(page, scene);
  await otherSettings(open, scene);
  await scene.admin("POST", `accounts/${scene.doctor.id}/deactivate`, {});
}, { sizes: ["phone", "desktop"], expected: REFUSED });
