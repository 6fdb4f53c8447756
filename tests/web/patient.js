// A patient's story: they sign up, find a doctor, book, and cancel; somebody is faster, and a connection is lost.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { story, dayAhead, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support");

const DOCTOR = {
  name: "Dr. Ines Haddad",
  specialty: "Sleep medicine",
  details: "Sleeps well herself.\nSpeaks English and Arabic.",
};
/** The Wednesday of the week after this one: far enough ahead to be free, whatever the time is. */
const WEDNESDAY = dayAhead(2);
const DATE = WEDNESDAY.toISOString().slice(0, 10);
const MONTH = WEDNESDAY.toLocaleString("en-GB", { month: "short", timeZone: "UTC" });
const SHORT = new RegExp(`^Wed,? ${WEDNESDAY.getUTCDate()} ${MONTH}`);

/** The API, for what others than the reader do meanwhile. */
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

/** What the story is about, made by an Admin, and put away at its end. */
async function stage(url, size) {
  const call = api(url);
  const login = async (email) => (await call("POST", "login", { email, password: PASSWORD })).access_token;
  const admin = await login(PEOPLE.admin);
  const unique = `${size}-${Date.now()}@rounds.example`;
  const { patient_cancel_notice } = await call("GET", "clinic");
  const register = (person) => call("POST", "register", { token: admin, password: PASSWORD, ...person });
  const doctor = await register({ ...DOCTOR, email: `ines-${unique}`, account_type: "Doctor" });
  await register({ name: "Ravi Rival", email: `ravi-${unique}`, account_type: "Patient" });
  await call("PATCH", "clinic", { token: admin, patient_cancel_notice: 60 });
  return {
    call, login, doctor,
    email: `nora-${unique}`,
    rival: await login(`ravi-${unique}`),
    deactivate: () => call("POST", `accounts/${doctor.id}/deactivate`, { token: admin }),
    putBack: () => call("PATCH", "clinic", { token: admin, patient_cancel_notice }),
  };
}

async function signUp(page, email) {
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Nora Patel");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Find a doctor", level: 1 }).waitFor();
  // What is still asked for when they sign out would be refused.
  await page.getByText("First free time").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, email);
}

/** The list as it is where there are many doctors: a few on each page, and most of them not free first. */
async function browse(page) {
  const small = (route) => route.continue({ url: route.request().url().replace("limit=12", "limit=2") });
  await page.route(/\/doctors\?.*limit=12/, small);
  await page.route(/(?<!\d)\/availability\?/, (route) => route.fulfill({ json: [] }));
  await page.reload();
  await page.getByText("2 doctors").waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText("4 doctors").waitFor();
  await page.getByText("First free time").nth(3).waitFor();
  await page.unrouteAll();
}

/** Searches, and goes to the doctor. */
async function find(page, size, { doctor }) {
  await page.getByLabel("Name", { exact: true }).fill("nobody has this name");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No doctor is found.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("ines");
  await page.getByLabel("Specialty").selectOption(DOCTOR.specialty);
  await page.getByRole("button", { name: "Search" }).click();
  const card = page.getByRole("listitem").filter({ has: page.locator(`a[href="#/doctors/${doctor.id}"]`) });
  await card.getByText("First free time").waitFor();
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

/** The button of a time on the Wednesday; the page is a doctor's, and may show another week. */
async function timeOn(page, size, time) {
  const day = page.getByRole("region", { name: SHORT });
  await page.getByLabel("Day", { exact: true }).fill(DATE);
  if (size === "phone") await page.getByRole("button", { name: SHORT, pressed: true }).waitFor();
  return day.getByRole("button", { name: new RegExp(`^${time}`) });
}

async function choose(page, size, { doctor }, time) {
  await page.goto(`${page.url().split("#")[0]}#/doctors/${doctor.id}`);
  await page.getByRole("heading", { name: DOCTOR.name, level: 1 }).waitFor();
  await (await timeOn(page, size, time)).click();
  await page.getByRole("dialog", { name: "Book this appointment?" }).waitFor();
}

const booked = (page) => page.getByText("Your appointment is booked.").waitFor();

/** Of all that the patient has booked, how much is at a time of the Wednesday. */
async function countAt({ call, login, email }, time) {
  const appointments = await call("GET", `appointments?status=Booked&date=${DATE}`, { token: await login(email) });
  return appointments.filter(({ start_date }) => start_date.startsWith(`${DATE}T${time}`)).length;
}

async function bookOne(page, size) {
  await page.getByRole("heading", { name: "Free times" }).waitFor();
  await page.getByText("Times are the clinic's (UTC).").waitFor();
  await page.getByText(/free times? in this week/).waitFor();
  const time = await timeOn(page, size, "09:00");
  await page.getByRole("button", { name: "Next week" }).click();
  await time.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Previous week" }).click();
  await time.waitFor();
  if (size === "phone") {
    await page.getByRole("button", { name: /^Thu/ }).click();
    await time.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: SHORT }).click();
  }
  await page.getByLabel("Length of the appointment").selectOption("60 min");
  // An hour does not fit there any more.
  await page.getByRole("region", { name: SHORT }).getByRole("button", { name: "17:30" }).waitFor({ state: "detached" });
  await accessible(page, "a doctor's week");
  await picture(page, `patient-week-${size}`);
  // By keyboard: the time, and then the button that the dialog starts at.
  await time.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Book this appointment?" });
  await dialog.getByText("60 min").waitFor();
  await accessible(page, "a booking");
  await picture(page, `patient-book-${size}`);
  await page.keyboard.press("Enter");
  await booked(page);
}

async function confirmation(page, size) {
  await accessible(page, "a confirmation");
  await picture(page, `patient-booked-${size}`);
  const downloaded = page.waitForEvent("download");
  await page.getByRole("link", { name: "Add it to your calendar" }).click();
  const download = await downloaded;
  const calendar = readFileSync(await download.path(), "utf8");
  const day = DATE.replaceAll("-", "");
  for (const line of [`DTSTART:${day}T090000Z`, `DTEND:${day}T100000Z`, `SUMMARY:Appointment with ${DOCTOR.name}`]) {
    assert.ok(calendar.includes(`\r\n${line}\r\n`), calendar);
  }
  await page.getByRole("link", { name: "Find a doctor" }).click();
  await page.getByRole("heading", { name: "Your next appointment" }).waitFor();
}

async function cancelIt(page, size) {
  await page.getByRole("navigation").getByRole("link", { name: "Your appointments" }).click();
  await page.getByText("You have had no appointment yet.").waitFor();
  await accessible(page, "appointments");
  await picture(page, `patient-appointments-${size}`);
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByLabel("Reason").fill("I am well again.");
  await accessible(page, "a cancellation");
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByRole("status").filter({ hasText: "Your appointment is cancelled" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Cancel appointment" }).count(), 0);
  await page.getByRole("main").getByRole("listitem").getByRole("link").click();
  await page.getByText("I am well again.").waitFor();
}

/** Somebody takes the time while the dialog is open. */
async function tooLate(page, size, scene) {
  await choose(page, size, scene, "10:00");
  const theirs = { token: scene.rival, start_date: `${DATE}T10:00:00Z`, duration: 30 };
  await scene.call("POST", `doctors/${scene.doctor.id}/book`, theirs);
  await page.getByRole("button", { name: "Book", exact: true }).click();
  await page.getByRole("alert").getByText("This time has just been taken.").waitFor();
  await accessible(page, "alternatives");
  await picture(page, `patient-alternatives-${size}`);
  await page.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
  await booked(page);
  assert.equal(await countAt(scene, "10:00"), 0);
}

/** A week that is over has nothing free, and leads to one that has. */
async function overAndBack(page, { doctor }) {
  await page.goto(`${page.url().split("#")[0]}#/doctors/${doctor.id}/2020-01-06`);
  await page.getByText("There is no free time in this week.").waitFor();
  await accessible(page, "a week with no free time");
  await page.getByRole("button", { name: "To the first free time" }).click();
  await page.getByText(/free times? in this week$/).waitFor();
}

/** The clinic books, but its answers are lost: some of them, or all until the patient tries again. */
async function lostAnswers(page, size, scene, time, times) {
  await choose(page, size, scene, time);
  const lose = async (route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route("**/book", lose, { times });
  await page.getByRole("button", { name: "Book", exact: true }).click();
  if (times > 3) {
    await page.getByText("Whether it is booked is not known yet.").waitFor();
    await accessible(page, "no answer");
    await page.getByRole("button", { name: "Try again" }).click();
  }
  await booked(page);
  assert.equal(await countAt(scene, time), 1);
}

/** Cancels the appointment whose page is shown, and says not why. */
async function cancelHere(page) {
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByRole("button", { name: "No, keep it" }).click();
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByRole("status").filter({ hasText: "Your appointment is cancelled" }).waitFor();
  await page.getByText("Cancelled", { exact: true }).waitFor();
}

/** On a phone that is far from the clinic, in the dark, and in Arabic. */
async function elsewhere(open, size, scene) {
  const page = await open({ timezoneId: "Asia/Tokyo", colorScheme: "dark" });
  await signIn(page, scene.email);
  await choose(page, size, scene, "14:00");
  await page.getByRole("dialog").getByText("23:00 your time").waitFor();
  await accessible(page, "a booking in the dark");
  await page.getByRole("button", { name: "Close" }).click();
  await (await timeOn(page, size, "16:00")).getByText("Thu 01:00 your time").waitFor();
  await accessible(page, "a week in two zones, in the dark");
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
    const scene = await stage(url, size);
    try {
      const page = await open();
      await signUp(page, scene.email);
      await browse(page);
      await find(page, size, scene);
      await bookOne(page, size);
      await confirmation(page, size);
      await cancelIt(page, size);
      await tooLate(page, size, scene);
      await overAndBack(page, scene);
      await lostAnswers(page, size, scene, "12:00", 1);
      await lostAnswers(page, size, scene, "13:00", 4);
      await cancelHere(page);
      await elsewhere(open, size, scene);
      await scene.deactivate();
      await page.reload();
      await page.getByText("A doctor who has left the clinic").waitFor();
      await accessible(page, "an appointment of a doctor who has left");
      await page.context().close();
    } finally {
      await scene.deactivate();
      await scene.putBack();
    }
  },
  // Refused, and lost, as the story has it.
  { expected: /Failed to load resource: (the server responded with a status of 40[49]|net::ERR_FAILED)/ },
);
