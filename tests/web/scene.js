// What the stories of patients share: a doctor and patients of their own, and the way to a time.
const assert = require("node:assert/strict");
const { dayAhead, PASSWORD, PEOPLE } = require("./support");

/** The specialty and the address are as long as those of real clinics. */
const DOCTOR = {
  name: "Dr. Ines Haddad",
  specialty: "Sleep medicine and Schlafstörungsbehandlungszentrumsleitung",
  details: `Bring your insurance card.\nhttps://example.org/${"sleep-".repeat(20)}`,
};
const CLINIC = { phone: "+49 30 1234567", email: "desk@clinic.example", address: "Seestraße 10\n13353 Berlin" };

/** The Wednesday of next week: all its times are in the future. */
const WEDNESDAY = dayAhead(2);
const DATE = WEDNESDAY.toISOString().slice(0, 10);
const MONTH = WEDNESDAY.toLocaleString("en-GB", { month: "long", timeZone: "UTC" });
/** As the pages write the date, and the button of the day. */
const WEDNESDAY_LABEL = new RegExp(`^Wednesday,? ${WEDNESDAY.getUTCDate()} ${MONTH}`);

const WEDNESDAY_BUTTON = new RegExp(`^Wed ${WEDNESDAY.getUTCDate()} ${MONTH.slice(0, 3)}`);

/** Calls the API, for actions of other users. The body is the other members, or `list`. */
const api = (url) => async (method, path, { token, list, ...body } = {}) => {
  const authorization = token && { Authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, url), {
    method,
    headers: { Accept: "application/json", "Content-Type": "application/json", ...authorization },
    ...(method !== "GET" && { body: JSON.stringify(list ?? body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
};

/** Creates a doctor and a rival patient, and sets the clinic's contact and policy. Returns them with functions to clean up. */
async function setUp(url, size) {
  const call = api(url);
  const login = async (email) => (await call("POST", "login", { email, password: PASSWORD })).access_token;
  const admin = await login(PEOPLE.admin);
  const unique = `${size}-${crypto.randomUUID()}@rounds.example`;
  const { patient_cancel_notice, patient_reschedule_notice, phone, email, address, time_zone } = await call("GET", "clinic");
  const setClinic = (clinic) => call("PATCH", "clinic", { token: admin, ...clinic });
  const register = (person) => call("POST", "register", { token: admin, password: PASSWORD, ...person });
  const patient = async (name) => {
    const email = `${name.split(" ")[0].toLowerCase()}-${unique}`;
    const { id } = await register({ name, email, account_type: "Patient" });
    return { id, name, email, token: await login(email) };
  };
  const doctor = await register({ ...DOCTOR, email: `ines-${unique}`, account_type: "Doctor" });
  // The first free time is later than the notice of a cancellation and a reschedule below, at any time of the day.
  const inHours = (hours) => new Date(Math.ceil(Date.now() / 60_000) * 60_000 + hours * 3_600_000).toISOString();
  const absence = { start_date: inHours(0), end_date: inHours(3) };
  await call("POST", `doctors/${doctor.id}/time_off`, { token: admin, ...absence });
  const rival = await patient("Ravi Rival");
  await setClinic({ ...CLINIC, patient_cancel_notice: 60, patient_reschedule_notice: 120 });
  return {
    url, size, call, login, admin, doctor, setClinic, patient,
    email: `nora-${unique}`,
    /** Books a time of the Wednesday, or another one, for the rival or another patient. */
    book: (time, { token } = rival) =>
      call("POST", `doctors/${doctor.id}/book`, { token, start_date: time.includes("T") ? time : `${DATE}T${time}:00Z`, duration: 30 }),
    deactivate: () => call("POST", `accounts/${doctor.id}/deactivate`, { token: admin }),
    restoreClinic: () => setClinic({ patient_cancel_notice, patient_reschedule_notice, phone, email, address, time_zone }),
  };
}

/** Returns the button of a time on the Wednesday, on a doctor's page or in a dialog. */
async function timeOn(page, time) {
  await page.getByRole("button", { name: WEDNESDAY_BUTTON }).click();
  return page.getByRole("region", { name: WEDNESDAY_LABEL }).getByRole("button", { name: new RegExp(`^0?${time}`) });
}

/** Opens a page of the app by its address, as from a link on another page. */
const visit = (page, address) => page.evaluate((address) => (location.hash = address), `#/${address}`);

/** Opens the booking dialog for a time on the Wednesday. */
async function openBooking(page, { doctor }, time) {
  await visit(page, "");
  await page.getByRole("heading", { name: /^Find a doctor at/, level: 1 }).waitFor();
  await visit(page, `doctors/${doctor.id}`);
  await page.getByRole("heading", { name: DOCTOR.name, level: 1 }).waitFor();
  await (await timeOn(page, time)).click();
  await page.getByRole("dialog", { name: "Book this appointment?" }).waitFor();
}

const booked = (page) => page.getByRole("heading", { name: "Your appointment is booked.", level: 1 }).waitFor();

/** Returns how many booked appointments a patient has at a time on the Wednesday. */
async function countAt({ call, login, email }, time) {
  const appointments = await call("GET", `appointments?status=Booked&date=${DATE}`, { token: await login(email) });
  return appointments.filter(({ start_date }) => start_date.startsWith(`${DATE}T${time}`)).length;
}

module.exports = { CLINIC, DATE, DOCTOR, WEDNESDAY, WEDNESDAY_LABEL, api, setUp, timeOn, visit, openBooking, booked, countAt };
