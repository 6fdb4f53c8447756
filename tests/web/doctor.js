// A doctor's calendar, working hours and time off: node doctor.js URL [EMAIL PASSWORD START]. The last three are the sign-in
// of another doctor, and the start of an appointment of that doctor that has begun.
const assert = require("node:assert/strict");
const { story, signIn, accessible: check, picture, PASSWORD, PEOPLE } = require("./support.js");

const [, , URL_OF_PAGES, startedEmail, startedPassword, startedAt] = process.argv;

/** Calls the API with a token. */
async function api(method, path, { token, body, json = true } = {}) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, URL_OF_PAGES), { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return json ? response.json() : response.text();
}

const login = (email, password = PASSWORD) => api("POST", "login", { body: { email, password }, json: false });

/** Returns the dates of next week, which are all in the future. */
function nextWeek() {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() + 8 - (day.getUTCDay() || 7));
  return Array.from({ length: 7 }, (_, days) => new Date(day.getTime() + days * 86_400_000).toISOString().slice(0, 10));
}

/** Creates a doctor and a patient with appointments on the first three days of next week. */
async function setUp(size) {
  const admin = await login(PEOPLE.admin);
  const register = async (account_type, name) => {
    const email = `${account_type}-${size}-${Date.now()}@story.example`.toLowerCase();
    const { id } = await api("POST", "register", { token: admin, body: { account_type, name, email, password: PASSWORD } });
    return { id, name, email, token: await login(email) };
  };
  const doctor = await register("Doctor", "Dr. Ines Moreau");
  const patient = await register("Patient", "Nora Lind");
  const days = nextWeek();
  const book = (day, time, duration) => {
    const body = { start_date: `${days[day]}T${time}:00Z`, duration };
    return api("POST", `doctors/${doctor.id}/book`, { token: patient.token, body });
  };
  const ids = {
    early: await book(0, "09:00", 30),
    short: await book(0, "10:00", 15),
    tuesday: await book(1, "09:30", 45),
    wednesday: await book(2, "14:00", 30),
  };
  const appointment = (id) => api("GET", `appointments/${id}`, { token: doctor.token });
  const startsAt = async (id, day, time) =>
    assert.equal(Date.parse((await appointment(id)).start_date), Date.parse(`${days[day]}T${time}:00Z`));
  return { doctor, patient, days, ids, appointment, startsAt };
}

/** Matches a date as a page shows it: 2030-01-08 is 8 January 2030. */
function shownDate(day) {
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return new RegExp(`\\b${format.format(new Date(day))}`);
}

const message = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
/** Checks a page after it has loaded. */
async function accessible(page, name) {
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
  await check(page, name);
}

const section = (page, day) => page.getByRole("region", { name: shownDate(day) });
const appointmentAt = (page, day, time) => section(page, day).getByRole("link", { name: `${time} Nora Lind` });

async function openWeek(page, { days }) {
  await page.getByRole("link", { name: "Week", exact: true }).click();
  // The page of a day has such a field too, until the week is shown.
  await page.getByRole("button", { name: "Next week" }).waitFor();
  await page.getByLabel("Date", { exact: true }).fill(days[0]);
  await section(page, days[6]).waitFor();
}

async function browsesCalendar(page, scene, size) {
  const { days, patient } = scene;
  await page.getByText("No appointments").waitFor();
  await accessible(page, "today");

  await openWeek(page, scene);
  await page.getByRole("button", { name: "Next week" }).click();
  await section(page, days[6]).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Previous week" }).click();
  await appointmentAt(page, days[0], "09:00").waitFor();
  await accessible(page, "the week");
  await picture(page, `doctor-week-${size}`);

  await section(page, days[0]).getByRole("heading").getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: shownDate(days[0]) }).waitFor();
  await page.getByText("2 appointments").waitFor();
  await accessible(page, "a day");
  await picture(page, `doctor-day-${size}`);
  await page.getByRole("button", { name: "Next day" }).click();
  await page.getByRole("heading", { level: 1, name: shownDate(days[1]) }).waitFor();
  await page.getByRole("button", { name: "Refresh" }).click();
  await message(page, "The calendar is up to date.");

  await appointmentAt(page, days[1], "09:30").click();
  await page.getByRole("dialog").getByText("45 min").waitFor();
  await accessible(page, "an appointment");
  await picture(page, `doctor-appointment-${size}`);
  await page.getByRole("link", { name: "View history" }).click();
  await page.getByRole("heading", { name: "Patient history" }).waitFor();
  await page.getByText(patient.name).waitFor();
  await page.getByText("4 appointments shown").waitFor();
  await accessible(page, "a history");
  await page.getByRole("row").nth(1).getByRole("link").click();
  await page.getByRole("dialog").getByText(patient.name).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function cancels(page, scene) {
  const { days, ids, doctor, appointment } = scene;
  await openWeek(page, scene);
  await appointmentAt(page, days[0], "10:00").click();
  // Meanwhile the appointment is rescheduled.
  const body = { start_date: `${days[0]}T10:30:00Z` };
  await page.getByText("Cancel this appointment").click();
  await api("POST", `appointments/${ids.short}/reschedule`, { token: doctor.token, body });
  await page.getByLabel("Reason").fill("The heating is out");
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByRole("alert").filter({ hasText: "changed in the meantime" }).waitFor();
  await page.getByRole("dialog").getByText("10:30").waitFor();
  assert.equal((await appointment(ids.short)).status, "Booked");

  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await message(page, "has been cancelled");
  const { status, reason } = await appointment(ids.short);
  assert.deepEqual([status, reason], ["Cancelled", "The heating is out"]);
  await appointmentAt(page, days[0], "10:30").waitFor({ state: "detached" });
}

async function dragsToReschedule(page, { days, ids, startsAt }, size) {
  const dragged = appointmentAt(page, days[0], "09:00");
  await dragged.hover();
  const { x, y } = await dragged.boundingBox();
  await page.mouse.down();
  await page.mouse.move(x + 30, y + 30);
  const slot = section(page, days[3]).getByRole("button", { name: "11:15" });
  await slot.waitFor();
  await slot.hover();
  await picture(page, `doctor-dragging-${size}`);
  await page.mouse.up();
  await message(page, /has been rescheduled to.*11:15/);
  await appointmentAt(page, days[3], "11:15").waitFor();
  await startsAt(ids.early, 3, "11:15");
  await page.getByRole("button", { name: "Undo" }).click();
  await message(page, /is back at.*9:00/);
  await startsAt(ids.early, 0, "09:00");
}

async function reschedulesByKeyboard(page, { days, ids, startsAt }, size) {
  const link = appointmentAt(page, days[1], "09:30");
  const startRescheduling = async () => {
    await link.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Reschedule", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.textContent === "Choose a new time");
  };
  await startRescheduling();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Choose a new time" }).waitFor({ state: "detached" });
  assert.ok(await link.evaluate((element) => element === document.activeElement), "the focus is on the appointment again");

  await startRescheduling();
  const times = section(page, days[4]).getByRole("list", { name: "Available times" }).getByRole("button");
  await times.first().waitFor();
  // Times that overlap its current time are available too.
  const sameDay = section(page, days[1]).getByRole("list", { name: "Available times" });
  for (const [time, count] of [["09:15", 1], ["09:30", 0], ["09:45", 1]]) {
    assert.equal(await sameDay.getByRole("button", { name: time }).count(), count, time);
  }
  await accessible(page, "the choice of a new time");
  await picture(page, `doctor-reschedule-${size}`);
  await times.first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await message(page, /has been rescheduled to.*8:30/);
  await startsAt(ids.tuesday, 4, "08:30");
  await appointmentAt(page, days[4], "08:30").waitFor();
  await accessible(page, "an announcement");
  // The focus is on the message, and Undo is the next button.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await message(page, /is back at.*9:30/);
  await startsAt(ids.tuesday, 1, "09:30");
}

async function reschedulesToExactTime(page, { days, ids, startsAt, appointment }) {
  const rescheduleTo = async (day, time) => {
    await page.getByRole("form", { name: "Exact time" }).getByLabel("Date").fill(day);
    await page.getByRole("form", { name: "Exact time" }).getByLabel("Time").fill(time);
    await page.getByRole("button", { name: "Reschedule to this time" }).click();
  };
  await appointmentAt(page, days[0], "09:00").click();
  await page.getByRole("button", { name: "Reschedule", exact: true }).click();
  await rescheduleTo(days[2], "14:10");
  await page.getByRole("alert").filter({ hasText: "You have another appointment at this time" }).waitFor();
  const alternatives = page.getByRole("heading", { name: "Nearest available times" }).locator("..").getByRole("button");
  await alternatives.first().waitFor();
  await accessible(page, "a refused rescheduling");
  await alternatives.first().click();
  await message(page, "has been rescheduled to");
  assert.equal((await appointment(ids.early)).start_date.slice(0, 10), days[2]);

  // A time that is not a slot, and that overlaps the current time.
  await appointmentAt(page, days[1], "09:30").click();
  await page.getByRole("button", { name: "Reschedule", exact: true }).click();
  await rescheduleTo(days[1], "09:40");
  await message(page, /has been rescheduled to.*9:40/);
  await startsAt(ids.tuesday, 1, "09:40");
}

async function changesHours(page, { doctor, days }, size) {
  await page.getByRole("link", { name: "Working hours and time off" }).click();
  await page.getByRole("group", { name: "Monday" }).getByLabel("To").fill("12:00");
  await page.getByRole("button", { name: "Add hours on Monday" }).click();
  await page.getByRole("group", { name: "Monday" }).getByLabel("From").nth(1).fill("13:00");
  await page.getByRole("group", { name: "Monday" }).getByLabel("To").nth(1).fill("00:00");
  await page.getByRole("group", { name: "Sunday" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("group", { name: "Sunday" }).getByText("Not working").waitFor();
  await page.getByRole("button", { name: "Save working hours" }).click();
  await message(page, "working hours have been saved");
  const saved = await api("GET", `doctors/${doctor.id}/working_hours`);
  const monday = saved.filter(({ weekday }) => weekday === "Mon").map(({ start, end }) => [start, end]);
  assert.deepEqual(monday, [["08:00", "12:00"], ["13:00", "24:00"]]);
  assert.ok(saved.every(({ weekday }) => weekday !== "Sun"));
  await accessible(page, "the hours");
  await picture(page, `doctor-hours-${size}`);

  await page.getByLabel("Specialty").fill("Dermatology");
  await page.getByLabel("Details").fill("Skin, hair and nails.\nSpeaks French.");
  await page.getByRole("button", { name: "Save profile" }).click();
  await message(page, "profile has been saved");
  const { specialty, details } = await api("GET", `doctors/${doctor.id}`);
  assert.deepEqual([specialty, details], ["Dermatology", "Skin, hair and nails.\nSpeaks French."]);

  const form = page.getByRole("form", { name: "Add time off" });
  const addTimeOff = async (start, end) => {
    await form.getByLabel("From").fill(start);
    await form.getByLabel("Until").fill(end);
    await form.getByLabel("Reason").fill("A congress");
    await form.getByRole("button").click();
  };
  await addTimeOff(`${days[2]}T08:00`, `${days[2]}T18:00`);
  await page.getByRole("alert").filter({ hasText: "There are appointments in this time" }).waitFor();
  const conflicts = page.getByRole("heading", { name: "Appointments in this time" }).locator("..");
  await conflicts.getByRole("link", { name: "14:00" }).waitFor();
  await accessible(page, "refused time off");
  await page.getByRole("link", { name: "14:00" }).click();
  await page.getByRole("dialog").getByText("Nora Lind").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Working hours and time off" }).click();
  await addTimeOff(`${days[5]}T08:00`, `${days[6]}T18:00`);
  await message(page, "time off has been added");
  await page.getByRole("listitem").filter({ hasText: "A congress" }).waitFor();
}

async function removesTimeOff(page, scene, size) {
  const { doctor, days } = scene;
  await openWeek(page, scene);
  await section(page, days[5]).getByText("Time off: A congress").waitFor();
  await accessible(page, "a week with time off");
  await picture(page, `doctor-time-off-${size}`);
  await page.getByRole("link", { name: "Working hours and time off" }).click();
  await page.getByRole("button", { name: "Remove time off" }).click();
  await page.getByRole("dialog", { name: "Remove this time off?" }).waitFor();
  await accessible(page, "the removal of time off");
  await page.getByRole("button", { name: "Yes, remove it" }).click();
  await message(page, "time off has been removed");
  await page.getByText("You have no upcoming time off.").waitFor();
  assert.deepEqual(await api("GET", `doctors/${doctor.id}/time_off`, { token: doctor.token }), []);
}

/** In another time zone, in dark mode, and in Arabic. */
async function otherSettings(open, scene, size) {
  const page = await open({ colorScheme: "dark", timezoneId: "Asia/Tokyo" });
  await signIn(page, scene.doctor.email);
  await openWeek(page, scene);
  const appointment = appointmentAt(page, scene.days[2], "14:00");
  await appointment.filter({ hasText: "23:00 your time" }).waitFor();
  await accessible(page, "the week in dark mode");
  await appointment.click();
  await page.getByRole("button", { name: "Reschedule", exact: true }).click();
  await section(page, scene.days[4]).getByRole("button").first().waitFor();
  await accessible(page, "the choice of a new time in dark mode");
  await picture(page, `doctor-dark-${size}`);
  await page.getByLabel("Language").selectOption("ar");
  await page.locator("[dir=rtl]").waitFor();
  await page.getByRole("link", { name: /Nora Lind/ }).first().waitFor();
  await accessible(page, "the week in Arabic");
  await picture(page, `doctor-arabic-${size}`);
  await page.getByRole("link", { name: "ساعات العمل والإجازات" }).click();
  await page.getByRole("button", { name: "حفظ ساعات العمل" }).waitFor();
  await accessible(page, "the hours in Arabic");
}

/** One mark can be changed to the other. The run for the other screen size may have marked the appointment before. */
async function marks(open) {
  const page = await open();
  await signIn(page, startedEmail, startedPassword);
  await page.getByLabel("Date", { exact: true }).fill(startedAt.slice(0, 10));
  const appointment = page.getByRole("list", { name: "Appointments" }).getByRole("link").first();
  const mark = async (name, text, status) => {
    await appointment.click();
    await page.getByRole("button", { name }).click();
    await message(page, text);
    await appointment.filter({ hasText: status }).waitFor();
  };
  await mark("Mark as done", "marked as done", "Done");
  await accessible(page, "an appointment that is done");
  await mark("Mark as no-show", "marked as a no-show", "No-show");
}

story(async ({ open, size }) => {
  const scene = await setUp(size);
  const page = await open();
  await signIn(page, scene.doctor.email);
  await browsesCalendar(page, scene, size);
  await cancels(page, scene);
  if (size === "desktop") await dragsToReschedule(page, scene, size);
  await reschedulesByKeyboard(page, scene, size);
  await reschedulesToExactTime(page, scene);
  await changesHours(page, scene, size);
  await removesTimeOff(page, scene, size);
  await otherSettings(open, scene, size);
  if (startedAt) await marks(open);
}, { expected: /status of (409|412)/ });
