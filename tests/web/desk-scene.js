// What the stories of the front desk share: a Receptionist, two doctors with a type of appointment, and the parts of the pages.
const assert = require("node:assert/strict");
const { accessible, picture, signedIn, PASSWORD, PEOPLE } = require("./support");

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * Returns a time zone in which it is between noon and one o'clock, on the date of UTC. An appointment of a patient who comes now
 * ends on the same day there.
 */
function zoneOfNoon() {
  const offset = 12 - new Date().getUTCHours();
  // The signs of these names are those of POSIX: UTC+3 is "Etc/GMT-3".
  return `Etc/GMT${offset > 0 ? "-" : "+"}${Math.abs(offset)}`;
}

/** Creates a Receptionist, and two doctors with a type of appointment that only they offer. They work around the clock. */
async function setUp(url, size) {
  const admin = await signedIn(url, PEOPLE.admin);
  await admin("PATCH", "clinic", { time_zone: zoneOfNoon() });
  const mark = `${size}-${Date.now().toString(36).replace(/\d/g, "x")}`;
  const register = (account_type, person, more) => {
    const email = `${person.replace(/\W/g, "").toLowerCase()}-${mark}@rounds.example`;
    return admin("POST", "register", { account_type, name: `${person} ${mark}`, email, password: PASSWORD, ...more });
  };
  const receptionist = await register("Receptionist", "Robin Desk");
  const [first, second] = [await register("Doctor", "Dr. First"), await register("Doctor", "Dr. Second")];
  for (const { id } of [first, second]) {
    await admin("PUT", `doctors/${id}/working_hours`, WEEKDAYS.map((weekday) => ({ weekday, start: "00:00", end: "24:00" })));
  }
  const doctors = [first.id, second.id];
  const type = await admin("POST", "appointment_types", { name: `Check-up ${mark}`, duration: 30, bookable_by: "Staff", doctors });
  const desk = await signedIn(url, receptionist.email);
  return { url, size, mark, admin, desk, receptionist, first, second, type };
}

/** Checks a page after it has loaded. */
async function check(page, name, size) {
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await accessible(page, name);
  await picture(page, `desk-${name.replace(/\W+/g, "-")}-${size}`);
}

const search = (page) => page.getByRole("combobox", { name: "Find a person" });
const option = (page, text) => page.getByRole("search").getByRole("option", { name: text });
const message = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const card = (page, id) => page.evaluate((id) => (location.hash = `#/patients/${id}`), id);
const closed = (page) => page.getByRole("dialog").waitFor({ state: "detached" });
/** Waits until an element has the focus. Looks for the element each time, because a page may replace it meanwhile. */
const focused = async (locator) => {
  for (const end = Date.now() + 60_000; !(await isFocused(locator)); ) {
    assert.ok(Date.now() < end, `${locator} has the focus`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** A phone number of which no other patient has the digits. */
const phoneOf = (mark) => `+4477${[...mark].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 90_000_000, 7) + 10_000_000}`;
const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

/** Ends what would be in the way of the next size. */
async function cleanUp({ admin, first, second, type }) {
  await admin("PATCH", `appointment_types/${type.id}`, { active: false });
  for (const { id } of [first, second]) await admin("POST", `accounts/${id}/deactivate`, {});
}

module.exports = { setUp, cleanUp, check, search, option, message, heading, card, closed, focused, isFocused, phoneOf };
