// A patient registers, finds a doctor, books and cancels. Another patient books the same time, and connections are lost.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { story, dayAhead, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support");

const DOCTOR = {
  name: "Dr. Ines Haddad",
  specialty: "Sleep medicine",
  details: "Sleeps well herself.\nSpeaks English and Arabic.",
};
/** The Wednesday of next week: all its times are in the future. */
const WEDNESDAY = dayAhead(2);
const DATE = WEDNESDAY.toISOString().slice(0, 10);
const MONTH = WEDNESDAY.toLocaleString("en-GB", { month: "short", timeZone: "UTC" });
const WEDNESDAY_LABEL = new RegExp(`^Wed,? ${WEDNESDAY.getUTCDate()} ${MONTH}`);

/** Calls the API, for actions of other users. */
const api = (url) => async (method, path, { token, ...body } = {}) => {
  const authorization = token && { Authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, url), {
    method,
    headers: { Accept: "application/json", "Content-Type": "application/json", ...authorization },
    ...(method !== "GET" && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
};

/** Creates the accounts of the story, and returns them with functions to clean up. */
async function setUp(url, size) {
  const call = api(url);
  const login = async (email) => (await call("POST", "login", { email, password: PASSWORD })).access_token;
  const admin = await login(PEOPLE.admin);
  const unique = `${size}-${Date.now()}@rounds.example`;
  const { patient_cancel_notice, patient_reschedule_notice } = await call("GET", "clinic");
  const register = (person) => call("POST", "register", { token: admin, password: PASSWORD, ...person });
  const doctor = await register({ ...DOCTOR, email: `ines-${unique}`, account_type: "Doctor" });
  await register({ name: "Ravi Rival", email: `ravi-${unique}`, account_type: "Patient" });
  await call("PATCH", "clinic", { token: admin, patient_cancel_notice: 60, patient_reschedule_notice: 120 });
  return {
    call, login, doctor,
    email: `nora-${unique}`,
    rival: await login(`ravi-${unique}`),
    deactivate: () => call("POST", `accounts/${doctor.id}/deactivate`, { token: admin }),
    restorePolicy: () => call("PATCH", "clinic", { token: admin, patient_cancel_notice, patient_reschedule_notice }),
  };
}

async function signUp(page, email) {
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Nora Patel");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Find a doctor", level: 1 }).waitFor();
  // Waits for the page's last request, which would be refused after the sign-out.
  await page.getByText("First available time").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, email);
}

/** The list as with many doctors: several pages, and doctors who are not in the list of first slots. */
async function pagesThroughDoctors(page) {
  const small = (route) => route.continue({ url: route.request().url().replace("limit=12", "limit=2") });
  await page.route(/\/doctors\?.*limit=12/, small);
  await page.route(/(?<!\d)\/availability\?/, (route) => route.fulfill({ json: [] }));
  await page.reload();
  await page.getByText("2 doctors").waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText("4 doctors").waitFor();
  await page.getByText("First available time").nth(3).waitFor();
  await page.unrouteAll();
}

/** Searches for the doctor, and opens the doctor's page. */
async function findsDoctor(page, size, { doctor }) {
  await page.getByLabel("Name", { exact: true }).fill("nobody has this name");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No doctors found.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("ines");
  await page.getByLabel("Specialty").selectOption(DOCTOR.specialty);
  await page.getByRole("button", { name: "Search" }).click();
  const card = page.getByRole("listitem").filter({ has: page.locator(`a[href="#/doctors/${doctor.id}"]`) });
  await card.getByText("First available time").waitFor();
  await accessible(page, "doctors");
  await page.goBack();
  await page.goBack();
  await page.getByRole("link", { name: "Dr. Amara Okafor" }).waitFor();
  await picture(page, `patient-find-${size}`);
  await page.goForward();
  await page.goForward();
  await card.getByRole("link", { name: DOCTOR.name }).click();
  await page.getByRole("heading", { name: DOCTOR.name, level: 1 }).waitFor();
}

/** Returns the button of a time on the Wednesday, on a doctor's page. */
async function timeOn(page, size, time) {
  const day = page.getByRole("region", { name: WEDNESDAY_LABEL });
  await page.getByLabel("Date", { exact: true }).fill(DATE);
  if (size === "phone") await page.getByRole("button", { name: WEDNESDAY_LABEL, pressed: true }).waitFor();
  return day.getByRole("button", { name: new RegExp(`^${time}`) });
}

/** Opens the booking dialog for a time on the Wednesday. */
async function openBooking(page, size, { doctor }, time) {
  await page.goto(`${page.url().split("#")[0]}#/doctors/${doctor.id}`);
  await page.getByRole("heading", { name: DOCTOR.name, level: 1 }).waitFor();
  await (await timeOn(page, size, time)).click();
  await page.getByRole("dialog", { name: "Book this appointment?" }).waitFor();
}

const booked = (page) => page.getByText("Your appointment is booked.").waitFor();

/** Returns how many booked appointments the patient has at a time on the Wednesday. */
async function countAt({ call, login, email }, time) {
  const appointments = await call("GET", `appointments?status=Booked&date=${DATE}`, { token: await login(email) });
  return appointments.filter(({ start_date }) => start_date.startsWith(`${DATE}T${time}`)).length;
}

async function books(page, size) {
  await page.getByRole("heading", { name: "Available times" }).waitFor();
  await page.getByText("Times are in the clinic's time zone (UTC).").waitFor();
  await page.getByText(/available times? in this week/).waitFor();
  const time = await timeOn(page, size, "09:00");
  await page.getByRole("button", { name: "Next week" }).click();
  await time.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Previous week" }).click();
  await time.waitFor();
  if (size === "phone") {
    await page.getByRole("button", { name: /^Thu/ }).click();
    await time.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: WEDNESDAY_LABEL }).click();
  }
  await page.getByLabel("Appointment length").selectOption("60 min");
  // 17:30 is too late for an hour.
  await page.getByRole("region", { name: WEDNESDAY_LABEL }).getByRole("button", { name: "17:30" }).waitFor({ state: "detached" });
  await accessible(page, "a doctor's week");
  await picture(page, `patient-week-${size}`);
  // By keyboard: the dialog opens with the focus on its button.
  await time.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Book this appointment?" });
  await dialog.getByText("60 min").waitFor();
  await accessible(page, "a booking");
  await picture(page, `patient-book-${size}`);
  await page.keyboard.press("Enter");
  await booked(page);
}

async function seesConfirmation(page, size) {
  await accessible(page, "a confirmation");
  await picture(page, `patient-booked-${size}`);
  const downloaded = page.waitForEvent("download");
  await page.getByRole("button", { name: "Add to your calendar" }).click();
  const download = await downloaded;
  const calendar = readFileSync(await download.path(), "utf8");
  const day = DATE.replaceAll("-", "");
  for (const text of [`DTSTART:${day}T090000Z`, "SEQUENCE:0", DOCTOR.name]) {
    assert.ok(calendar.includes(text), calendar);
  }
  await page.getByRole("link", { name: "Find a doctor" }).click();
  await page.getByRole("heading", { name: "Your next appointment" }).waitFor();
}

async function cancelsInList(page, size) {
  await page.getByRole("navigation").getByRole("link", { name: "Your appointments" }).click();
  await page.getByText("You have no past appointments.").waitFor();
  await accessible(page, "appointments");
  await picture(page, `patient-appointments-${size}`);
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByLabel("Reason").fill("I am well again.");
  await accessible(page, "a cancellation");
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByRole("status").filter({ hasText: "Your appointment has been cancelled" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Cancel appointment" }).count(), 0);
  await page.getByRole("main").getByRole("listitem").getByRole("link").click();
  await page.getByText("I am well again.").waitFor();
}

/** Another patient books the time while the dialog is open. */
async function choosesAlternative(page, size, scene) {
  await openBooking(page, size, scene, "10:00");
  const booking = { token: scene.rival, start_date: `${DATE}T10:00:00Z`, duration: 30 };
  await scene.call("POST", `doctors/${scene.doctor.id}/book`, booking);
  await page.getByRole("button", { name: "Book appointment" }).click();
  await page.getByRole("alert").getByText("This time has just been taken.").waitFor();
  await accessible(page, "alternatives");
  await picture(page, `patient-alternatives-${size}`);
  await page.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
  await booked(page);
  assert.equal(await countAt(scene, "10:00"), 0);
}

/** A past week has no available times, and a button to the first week that has. */
async function goesToFirstAvailable(page, { doctor }) {
  await page.goto(`${page.url().split("#")[0]}#/doctors/${doctor.id}/2020-01-06`);
  await page.getByText("There are no available times in this week.").waitFor();
  await accessible(page, "a week with no available times");
  await page.getByRole("button", { name: "Go to the first available time" }).click();
  await page.getByText(/available times? in this week$/).waitFor();
}

/** The clinic books, but the first `times` responses are lost. After four of them, the patient must click again. */
async function booksDespiteLostResponses(page, size, scene, time, times) {
  await openBooking(page, size, scene, time);
  const lose = async (route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route("**/book", lose, { times });
  await page.getByRole("button", { name: "Book appointment" }).click();
  if (times > 3) {
    await page.getByText("We do not know yet if your appointment is booked.").waitFor();
    await accessible(page, "no response");
    await page.getByRole("button", { name: "Try again" }).click();
  }
  await booked(page);
  assert.equal(await countAt(scene, time), 1);
}

/** Reschedules the appointment on its page. Another patient books the first time that the patient chooses. */
async function reschedulesOnPage(page, size, scene) {
  await page.getByText(/^You can reschedule the appointment here until/).waitFor();
  await page.getByText(/^You can cancel the appointment here until/).waitFor();
  await page.getByRole("button", { name: "Reschedule appointment" }).click();
  const dialog = page.getByRole("dialog", { name: "Reschedule this appointment" });
  await dialog.getByRole("option", { name: "15:00" }).waitFor({ state: "attached" });
  await dialog.getByLabel("Available times").selectOption("15:00");
  await accessible(page, "a rescheduling");
  await picture(page, `patient-reschedule-${size}`);
  const booking = { token: scene.rival, start_date: `${DATE}T15:00:00Z`, duration: 30 };
  await scene.call("POST", `doctors/${scene.doctor.id}/book`, booking);
  await dialog.getByRole("button", { name: "Reschedule", exact: true }).click();
  await dialog.getByRole("alert").getByText("This time has just been taken.").waitFor();
  await accessible(page, "a refused rescheduling");
  await dialog.getByRole("alert").getByRole("button").first().click();
  await page.getByRole("status").filter({ hasText: "Your appointment has been rescheduled" }).waitFor();
  await accessible(page, "a rescheduled appointment");
}

/** Cancels on the appointment's page, without a reason. */
async function cancelsOnPage(page) {
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByRole("button", { name: "No, keep it" }).click();
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByRole("status").filter({ hasText: "Your appointment has been cancelled" }).waitFor();
  await page.getByText("Cancelled", { exact: true }).waitFor();
}

/** In another time zone, in dark mode, and in Arabic. */
async function otherSettings(open, size, scene) {
  const page = await open({ timezoneId: "Asia/Tokyo", colorScheme: "dark" });
  await signIn(page, scene.email);
  await openBooking(page, size, scene, "14:00");
  await page.getByRole("dialog").getByText("23:00 your time").waitFor();
  await accessible(page, "a booking in dark mode");
  await page.getByRole("button", { name: "Close" }).click();
  await (await timeOn(page, size, "16:00")).getByText("Thu 01:00 your time").waitFor();
  await accessible(page, "a week in two time zones, in dark mode");
  await picture(page, `patient-zones-dark-${size}`);
  await page.getByLabel("Language").selectOption("العربية");
  await page.getByRole("heading", { name: "الأوقات المتاحة" }).waitFor();
  await page.getByText("في هذا الأسبوع").waitFor();
  await accessible(page, "a week in Arabic");
  await picture(page, `patient-week-ar-${size}`);
  await page.getByRole("link", { name: "مواعيدك" }).click();
  await page.getByText(/[4٤] مواعيد/).waitFor();
  await accessible(page, "appointments in Arabic");
  await page.context().close();
}

story(
  async ({ open, size, url }) => {
    const scene = await setUp(url, size);
    try {
      const page = await open();
      await signUp(page, scene.email);
      await pagesThroughDoctors(page);
      await findsDoctor(page, size, scene);
      await books(page, size);
      await seesConfirmation(page, size);
      await cancelsInList(page, size);
      await choosesAlternative(page, size, scene);
      await goesToFirstAvailable(page, scene);
      await booksDespiteLostResponses(page, size, scene, "12:00", 1);
      await booksDespiteLostResponses(page, size, scene, "13:00", 4);
      await reschedulesOnPage(page, size, scene);
      await cancelsOnPage(page);
      await otherSettings(open, size, scene);
      await scene.deactivate();
      await page.reload();
      await page.getByText("A doctor who has left the clinic").waitFor();
      await accessible(page, "an appointment of a doctor who has left");
      await page.context().close();
    } finally {
      await scene.deactivate();
      await scene.restorePolicy();
    }
  },
  // The requests that the story expects to be refused or lost.
  { expected: /Failed to load resource: (the server responded with a status of 40[49]|net::ERR_FAILED)/ },
);
