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
  return { admin, doctor, patient, days, ids, book, appointment, startsAt };
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

/** Matches a time in the language of the stories, with or without a leading zero. */
const clock = (time) => `0?${time.replace(/^0/, "")}`;
const column = (page, day) => page.getByRole("row", { name: shownDate(day) });
const appointmentAt = (page, day, time, name = "Nora Lind") =>
  column(page, day).getByRole("link", { name: new RegExp(`^${clock(time)} ${name}`) });
const slotAt = (page, day, time) => column(page, day).getByRole("button", { name: new RegExp(`^${clock(time)},`) });

async function openWeek(page, { days }) {
  await page.getByRole("link", { name: "Week", exact: true }).click();
  // The page of a day has such a field too, until the week is shown.
  await page.getByRole("button", { name: "Next week" }).waitFor();
  await page.getByLabel("Date", { exact: true }).fill(days[0]);
  await column(page, days[6]).waitFor();
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
}

async function openDay(page, day) {
  await page.evaluate((day) => (location.hash = `#/day/${day}`), day);
  await page.getByRole("heading", { level: 1, name: shownDate(day) }).waitFor();
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
}

const closeDialog = async (page) => {
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
};

async function browsesCalendar(page, scene, size) {
  const { days, patient } = scene;
  await page.getByText("No appointments").waitFor();
  await accessible(page, "today");

  await openWeek(page, scene);
  await page.getByRole("button", { name: "Next week" }).click();
  await column(page, days[6]).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Previous week" }).click();
  await appointmentAt(page, days[0], "09:00").waitFor();
  await accessible(page, "the week");
  await picture(page, `doctor-week-${size}`);

  await column(page, days[0]).getByRole("heading").getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: shownDate(days[0]) }).waitFor();
  await page.getByText("2 appointments").waitFor();
  await column(page, days[0]).getByText("30 min free").waitFor();
  await accessible(page, "a day");
  await picture(page, `doctor-day-${size}`);
  await page.getByRole("button", { name: "Next day" }).click();
  await page.getByRole("heading", { level: 1, name: shownDate(days[1]) }).waitFor();

  await appointmentAt(page, days[1], "09:30").click();
  await page.getByRole("dialog").getByText("45 min").waitFor();
  await accessible(page, "an appointment");
  await picture(page, `doctor-appointment-${size}`);
  await page.getByRole("link", { name: "View history" }).click();
  await page.getByRole("heading", { level: 1, name: patient.name }).waitFor();
  await page.getByText("4 appointments", { exact: true }).waitFor();
  await accessible(page, "a history");
  await page.getByRole("row").nth(1).getByRole("link").click();
  await page.getByRole("dialog").getByText(patient.name).first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** A week is one request for appointments. The history of a patient has the name, and needs no other request. */
async function sendsFewRequests(page, scene) {
  const sent = [];
  const listener = (request) => sent.push(new URL(request.url()).pathname);
  const since = async (action) => {
    sent.length = 0;
    await action();
    await page.waitForLoadState("networkidle");
    return sent.filter((path) => /^\/(appointments|doctors|patients)/.test(path)).map((path) => path.replace(/\d+/, "ID"));
  };
  page.on("request", listener);
  const week = await since(async () => {
    await page.evaluate((day) => (location.hash = `#/week/${day}`), scene.days[0]);
    await appointmentAt(page, scene.days[0], "09:00").waitFor();
  });
  assert.deepEqual(
    week.toSorted(), ["/appointments", "/doctors/ID/special_hours", "/doctors/ID/time_off", "/doctors/ID/working_hours"],
  );
  const history = await since(async () => {
    await page.evaluate((id) => (location.hash = `#/patients/${id}`), scene.patient.id);
    await page.getByRole("heading", { level: 1, name: scene.patient.name }).waitFor();
  });
  assert.deepEqual(history, ["/patients/ID/history"]);
  page.off("request", listener);
}

/** The calendar is one tab stop. The arrow keys move by time and by day, and Enter opens an appointment. */
async function usesKeyboard(page, scene) {
  const { days } = scene;
  await openWeek(page, scene);
  const grid = page.getByRole("grid", { name: "Calendar" });
  const stops = await grid.locator("a, button, [tabindex]").evaluateAll((all) => all.filter(({ tabIndex }) => tabIndex >= 0).length);
  assert.equal(stops, 1, "the calendar is one tab stop");
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  const press = async (key, text) => {
    await page.keyboard.press(key);
    assert.match(await focused(), text, `after ${key}`);
  };
  await appointmentAt(page, days[0], "09:00").focus();
  await press("ArrowDown", /^0?9:30–10:00\s*30 min free/);
  await press("ArrowDown", /^10:00Nora Lind/);
  await press("ArrowUp", /30 min free/);
  await press("ArrowRight", /^0?9:30Nora Lind/);
  await press("ArrowLeft", /30 min free/);
  await press("End", /^10:15–18:00/);
  await press("Control+End", /^0?8:00–18:00/);
  await press("Control+Home", /^Mon/);
  await press("ArrowDown", /^0?8:00–0?9:00/);
  await press("ArrowDown", /^0?9:00Nora Lind/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("30 min").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.match(await focused(), /^0?9:00Nora Lind/, "the focus is on the appointment again");
}

/** Back closes a dialog, and the page stays where it was. */
async function goesBack(page, { days }) {
  await openDay(page, days[2]);
  const appointment = appointmentAt(page, days[2], "14:00");
  await appointment.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollBy(0, 50));
  const position = () => page.evaluate(() => [location.hash, scrollY]);
  const before = await position();
  assert.ok(before[1] > 0, "the page is scrolled");
  await appointment.click({ position: { x: 20, y: 10 } });
  await page.getByRole("dialog").getByText("Nora Lind").first().waitFor();
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(await position(), before);
}

/** Somebody books while the calendar and a dialog are open: the appointment appears, and the dialog stays. */
async function seesChangesOfOthers(page, { days, doctor, book }) {
  await openDay(page, days[3]);
  await page.getByText("No appointments").waitFor();
  await openDay(page, days[2]);
  await appointmentAt(page, days[2], "14:00").click();
  const reschedule = page.getByRole("dialog").getByRole("button", { name: "Reschedule" });
  await reschedule.focus();
  const id = await book(2, "16:30", 30);
  // Behind the dialog the page is inert, so not by its role.
  await page.locator(".column a", { hasText: /16:30/ }).waitFor();
  assert.ok(await reschedule.evaluate((button) => button === document.activeElement), "the focus stays");
  await closeDialog(page);
  await api("POST", `appointments/${id}/cancel`, { token: doctor.token, body: {} });
}

/** A patient cancels with a reason. The doctor sees it on that day, and reads the reason. */
async function readsWhyPatientCancelled(page, scene, size) {
  const { admin, patient, days, book } = scene;
  const { patient_cancel_notice } = await api("GET", "clinic");
  await api("PATCH", "clinic", { token: admin, body: { patient_cancel_notice: 0 } });
  const id = await book(3, "11:00", 30);
  await api("POST", `appointments/${id}/cancel`, { token: patient.token, body: { reason: "I have a fever" } });
  await api("PATCH", "clinic", { token: admin, body: { patient_cancel_notice } });
  await openDay(page, days[3]);
  await page.getByText("No appointments").waitFor();
  const cancelled = appointmentAt(page, days[3], "11:00").filter({ hasText: "Cancelled" });
  await cancelled.waitFor();
  await accessible(page, "a day with a cancelled appointment");
  await picture(page, `doctor-cancelled-${size}`);
  await cancelled.click();
  await page.getByRole("dialog").getByText("I have a fever").waitFor();
  assert.equal(await page.getByRole("dialog").getByRole("button", { name: "Reschedule" }).count(), 0);
  await closeDialog(page);
}

async function cancels(page, scene) {
  const { days, ids, doctor, appointment } = scene;
  await openWeek(page, scene);
  await appointmentAt(page, days[0], "10:00").click();
  const dialog = page.getByRole("dialog");
  // Meanwhile the appointment is rescheduled.
  const body = { start_date: `${days[0]}T10:30:00Z` };
  const cancel = async () => {
    await dialog.getByRole("button", { name: "Cancel appointment" }).click();
    await dialog.getByLabel("Reason").fill("The heating is out");
    await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  };
  await dialog.getByRole("button", { name: "Cancel appointment" }).waitFor();
  await api("POST", `appointments/${ids.short}/reschedule`, { token: doctor.token, body });
  await cancel();
  await page.getByRole("alert").filter({ hasText: "changed in the meantime" }).waitFor();
  await dialog.locator("dd").getByText("10:30").waitFor();
  await dialog.getByText(/^Moved from .*10:00/).waitFor();
  assert.equal((await appointment(ids.short)).status, "Booked");

  await cancel();
  await message(page, "has been cancelled");
  const { status, reason } = await appointment(ids.short);
  assert.deepEqual([status, reason], ["Cancelled", "The heating is out"]);
  await appointmentAt(page, days[0], "10:30").and(page.locator(".cancelled *")).waitFor();
}

async function dragsToReschedule(page, { days, ids, startsAt }, size) {
  const dragged = appointmentAt(page, days[0], "09:00");
  await dragged.hover();
  const { x, y } = await dragged.boundingBox();
  await page.mouse.down();
  await page.mouse.move(x + 30, y + 30);
  const slot = slotAt(page, days[3], "11:15");
  await slot.waitFor();
  await slot.hover();
  await picture(page, `doctor-dragging-${size}`);
  await page.mouse.up();
  await message(page, /has been rescheduled to.*11:15/);
  await appointmentAt(page, days[3], "11:15").waitFor();
  await startsAt(ids.early, 3, "11:15");
  await page.getByRole("button", { name: "Undo" }).click();
  await message(page, /Undone.*9:00.* again/);
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
  const first = slotAt(page, days[4], "08:00");
  await first.waitFor();
  // Times that overlap its current time are available too.
  for (const [time, count] of [["09:15", 1], ["09:30", 0], ["09:45", 1]]) {
    assert.equal(await slotAt(page, days[1], time).count(), count, time);
  }
  await accessible(page, "the choice of a new time");
  await picture(page, `doctor-reschedule-${size}`);
  // The arrow keys reach only the times: from the third time of Friday to that of Thursday, and back.
  await first.focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowLeft"]) await page.keyboard.press(key);
  assert.ok(await slotAt(page, days[3], "08:30").evaluate((button) => button === document.activeElement));
  for (const key of ["ArrowRight", "Enter"]) await page.keyboard.press(key);
  await message(page, /has been rescheduled to.*8:30/);
  await startsAt(ids.tuesday, 4, "08:30");
  await appointmentAt(page, days[4], "08:30").waitFor();
  await accessible(page, "an announcement");
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.focus();
  await page.keyboard.press("Enter");
  await message(page, /Undone.*9:30.* again/);
  await startsAt(ids.tuesday, 1, "09:30");
}

async function reschedulesToExactTime(page, { days, ids, startsAt, appointment }) {
  const rescheduleTo = async (day, time) => {
    await page.getByText("Exact time", { exact: true }).click();
    await page.getByRole("form", { name: "Exact time" }).getByLabel("Date").fill(day);
    await page.getByRole("form", { name: "Exact time" }).getByLabel("Time").fill(time);
    await page.getByRole("button", { name: "Reschedule to this time" }).click();
  };
  await appointmentAt(page, days[0], "09:00").click();
  await page.getByRole("button", { name: "Reschedule", exact: true }).click();
  await rescheduleTo(days[2], "14:10");
  const refusal = page.getByRole("alert").filter({ hasText: "You have another appointment at this time" });
  await refusal.getByRole("button").first().waitFor();
  await accessible(page, "a refused rescheduling");
  await refusal.getByRole("button").first().click();
  await message(page, "has been rescheduled to");
  assert.equal((await appointment(ids.early)).start_date.slice(0, 10), days[2]);

  // A time that is not a slot, and that overlaps the current time.
  await appointmentAt(page, days[1], "09:30").click();
  await page.getByRole("button", { name: "Reschedule", exact: true }).click();
  await rescheduleTo(days[1], "09:40");
  await message(page, /has been rescheduled to.*9:40/);
  await startsAt(ids.tuesday, 1, "09:40");
}

async function changesHours(page, { doctor }, size) {
  await page.getByRole("link", { name: "Hours", exact: true }).click();
  await page.getByRole("group", { name: "Monday" }).getByLabel("To").fill("12:00");
  await page.getByRole("button", { name: "Add hours on Monday" }).click();
  await page.getByRole("group", { name: "Monday" }).getByLabel("From").nth(1).fill("13:00");
  await page.getByRole("group", { name: "Monday" }).getByLabel("To").nth(1).fill("00:00");
  await page.getByRole("group", { name: "Sunday" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("group", { name: "Sunday" }).getByText("Not working").waitFor();
  await keepsUnsavedEdits(page, () => page.getByRole("group", { name: "Monday" }).getByLabel("From").nth(1), "13:00");
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
  await keepsUnsavedEdits(page, () => page.getByLabel("Specialty"), "Dermatology");
  await page.getByRole("button", { name: "Save profile" }).click();
  await message(page, "profile has been saved");
  const { specialty, details } = await api("GET", `doctors/${doctor.id}`);
  assert.deepEqual([specialty, details], ["Dermatology", "Skin, hair and nails.\nSpeaks French."]);
}

/** The page asks before it leaves edits that are not saved. If the user stays, they are as before. */
async function keepsUnsavedEdits(page, field, value) {
  const asked = new Promise((resolve) => page.once("dialog", (dialog) => dialog.dismiss().then(() => resolve(dialog.message()))));
  await page.getByRole("link", { name: "Week", exact: true }).click();
  assert.match(await asked, /changes that are not saved/);
  await page.getByRole("heading", { level: 1, name: "Working hours and time off" }).waitFor();
  assert.equal(await field().inputValue(), value);
}

async function takesTimeOff(page, { days }) {
  const form = page.getByRole("form", { name: "Add time off" });
  const addTimeOff = async (start, end) => {
    await form.getByLabel("From").fill(start);
    await form.getByLabel("Until").fill(end);
    await form.getByLabel("Reason").fill("A congress");
    await form.getByRole("button").click();
  };
  await addTimeOff(`${days[2]}T08:00`, `${days[2]}T18:00`);
  const conflicts = page.getByRole("heading", { name: "Appointments in this time" }).locator("..");
  await conflicts.getByRole("link", { name: "14:00" }).waitFor();
  await accessible(page, "refused time off");
  await page.getByRole("link", { name: "14:00" }).click();
  await page.getByRole("dialog").getByText("Nora Lind").first().waitFor();
  await closeDialog(page);

  await page.getByRole("link", { name: "Hours", exact: true }).click();
  // Saturday from before the visible hours to the afternoon, and all of Sunday.
  for (const [from, to] of [[`${days[5]}T00:00`, `${days[5]}T14:30`], [`${days[6]}T00:00`, `${nextDay(days[6])}T00:00`]]) {
    await addTimeOff(from, to);
    await message(page, "time off has been added");
    await page.getByRole("button", { name: "Close" }).click();
  }
  await page.getByRole("listitem").filter({ hasText: "A congress" }).nth(1).waitFor();
}

const nextDay = (day) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

/** Time off has its label where it is visible, also if it starts before the visible hours. A whole day is "all day". */
async function seesTimeOff(page, scene, size) {
  const { days } = scene;
  await openWeek(page, scene);
  const off = (day) => column(page, day).getByText("Time off: A congress");
  for (const [day, text] of [[days[5], /until 14:30/], [days[6], "all day"]]) {
    await off(day).waitFor();
    await column(page, day).getByText(text).waitFor();
    assert.equal(await column(page, day).getByText(/\b0?0:00/).count(), 0, "no time of midnight");
    const box = (locator) => locator.evaluate((element) => element.getBoundingClientRect().toJSON());
    const [label, body] = [await box(off(day)), await box(column(page, day).locator(".body"))];
    assert.ok(label.top >= body.top && label.bottom <= body.bottom, "the label is in the visible part of the day");
  }
  await accessible(page, "a week with time off");
  await picture(page, `doctor-time-off-${size}`);
}

/** A day of 24 hours is "all day", and not from 00:00 to 00:00. */
async function worksAllDay(page, { doctor, days }) {
  const body = [{ weekday: "Thu", start: "00:00", end: "24:00" }];
  const hours = await api("GET", `doctors/${doctor.id}/working_hours`);
  await api("PUT", `doctors/${doctor.id}/working_hours`, { token: doctor.token, body });
  await openDay(page, days[3]);
  await page.getByText("Working all day").waitFor();
  assert.equal(await page.getByText(/0?0:00–0?0:00/).count(), 0);
  await api("PUT", `doctors/${doctor.id}/working_hours`, { token: doctor.token, body: hours });
}

async function removesTimeOff(page, scene) {
  const { doctor } = scene;
  await page.getByRole("link", { name: "Hours", exact: true }).click();
  for (const left of [1, 0]) {
    await page.getByRole("button", { name: "Remove time off" }).first().click();
    await page.getByRole("dialog", { name: "Remove this time off?" }).waitFor();
    await accessible(page, "the removal of time off");
    await page.getByRole("button", { name: "Yes, remove it" }).click();
    await message(page, "time off has been removed");
    await page.waitForFunction((left) => document.querySelectorAll(".list > li").length === left, left);
  }
  await page.getByText("No upcoming time off.").waitFor();
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
  await column(page, scene.days[4]).getByRole("button").first().waitFor();
  await accessible(page, "the choice of a new time in dark mode");
  await picture(page, `doctor-dark-${size}`);
  await page.getByLabel("Language").selectOption("ar");
  await page.locator("[dir=rtl]").waitFor();
  await page.getByRole("link", { name: /Nora Lind/ }).first().waitFor();
  await accessible(page, "the week in Arabic");
  await picture(page, `doctor-arabic-${size}`);
  await movesFromRightToLeft(page);
  await page.getByRole("link", { name: "الدوام", exact: true }).click();
  await page.getByRole("button", { name: "حفظ ساعات العمل" }).waitFor();
  await accessible(page, "the hours in Arabic");
}

/** In Arabic, the next day is on the left. */
async function movesFromRightToLeft(page) {
  const titles = page.getByRole("grid").getByRole("heading").getByRole("link");
  await titles.first().focus();
  await page.keyboard.press("ArrowLeft");
  assert.ok(await titles.nth(1).evaluate((link) => link === document.activeElement), "the focus is on the next day");
}

/** One mark can be changed to the other. The run for the other screen size may have marked the appointment before. */
async function marks(open) {
  const page = await open();
  await signIn(page, startedEmail, startedPassword);
  await page.getByLabel("Date", { exact: true }).fill(startedAt.slice(0, 10));
  const appointment = page.getByRole("grid").locator(".appointment a").first();
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
  await sendsFewRequests(page, scene);
  await usesKeyboard(page, scene);
  await goesBack(page, scene);
  if (size === "desktop") await seesChangesOfOthers(page, scene);
  await readsWhyPatientCancelled(page, scene, size);
  await cancels(page, scene);
  if (size === "desktop") await dragsToReschedule(page, scene, size);
  await reschedulesByKeyboard(page, scene, size);
  await reschedulesToExactTime(page, scene);
  await changesHours(page, scene, size);
  await takesTimeOff(page, scene);
  await seesTimeOff(page, scene, size);
  await worksAllDay(page, scene);
  await removesTimeOff(page, scene);
  await otherSettings(open, scene, size);
  if (startedAt) await marks(open);
}, { sizes: ["phone", "desktop"], expected: /status of (409|412)/ });
