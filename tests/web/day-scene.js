// What the stories of a doctor's days have in common.
const { accessible: check, apiFor, signedIn, tokenOf, PASSWORD, PEOPLE } = require("./support");

const DAY = 86_400_000;
const REFUSED = /Failed to load resource: the server responded with a status of 409/;
const dateOf = (time) => new Date(time).toISOString().slice(0, 10);

/** Returns the dates of the week in some weeks, which are all in the future. */
function weekIn(weeks) {
  const monday = Date.now() + (1 - (new Date().getUTCDay() || 7) + 7 * weeks) * DAY;
  return Array.from({ length: 7 }, (_, days) => dateOf(monday + days * DAY));
}

/** Matches a date as a page shows it: 2030-01-08 is 8 January 2030. */
function shownDate(day) {
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return new RegExp(`\\b${format.format(new Date(day))}`);
}

/** Creates a doctor who works on each day from midnight to midnight, and a patient. */
async function setUp(url, size) {
  const admin = await signedIn(url, PEOPLE.admin);
  const name = `${size}-${Date.now()}`;
  const register = (account_type, person) => {
    const email = `${account_type}-${name}@story.example`.toLowerCase();
    return admin("POST", "register", { account_type, name: person, email, password: PASSWORD });
  };
  const doctor = await register("Doctor", `Dr. Night ${name}`);
  const patient = await register("Patient", "Nora Lind");
  const week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const allDay = week.map((weekday) => ({ weekday, start: "00:00", end: "24:00" }));
  await admin("PUT", `doctors/${doctor.id}/working_hours`, allDay);
  const book = (start_date, duration) =>
    admin("POST", "appointments", { doctor_id: doctor.id, patient_id: patient.id, start_date, duration });
  const asDoctor = apiFor(url, await tokenOf(url, doctor.email));
  return { url, size, admin, asDoctor, doctor, patient, book, days: weekIn(1) };
}

const message = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const open = (page, route) => page.evaluate((route) => (location.hash = `#/${route}`), route);
const column = (page, name) => page.getByRole("row", { name });
const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

async function accessible(page, name) {
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await check(page, name);
}

module.exports = { DAY, REFUSED, accessible, column, dateOf, isFocused, message, open, setUp, shownDate, weekIn };
