// A doctor's week: node doctor.js URL [EMAIL PASSWORD START], where the last three are those of another doctor, whose
// patient's appointment has begun.
const assert = require("node:assert/strict");
const { story, signIn, accessible: checked, picture, PASSWORD, PEOPLE } = require("./support.js");

const [, , URL_OF_PAGES, startedEmail, startedPassword, startedAt] = process.argv;

/** Asks the API as whoever a token is of. */
async function api(method, path, { token, body, json = true } = {}) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, URL_OF_PAGES), { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return json ? response.json() : response.text();
}

const login = (email, password = PASSWORD) => api("POST", "login", { body: { email, password }, json: false });

/** The days of next week: whatever the time is, nothing of it is over. */
function nextWeek() {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() + 8 - (day.getUTCDay() || 7));
  return Array.from({ length: 7 }, (_, days) => new Date(day.getTime() + days * 86_400_000).toISOString().slice(0, 10));
}

/** A doctor and a patient of this story's own, with appointments on the first three days of next week. */
async function clinic(size) {
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

/** 2030-01-08 as a page writes it: 8 January 2030. */
function written(day) {
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return new RegExp(`\\b${format.format(new Date(day))}`);
}

const said = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
/** Examines a page once all of it is there. */
async function accessible(page, what) {
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
  await checked(page, what);
}

const section = (page, day) => page.getByRole("region", { name: written(day) });
const appointmentAt = (page, day, time) => section(page, day).getByRole("link", { name: `${time} Nora Lind` });

async function openWeek(page, { days }) {
  await page.getByRole("link", { name: "Week", exact: true }).click();
  await page.getByLabel("Day", { exact: true }).fill(days[0]);
  await section(page, days[6]).waitFor();
}

async function calendar(page, it, size) {
  const { days, patient } = it;
  await page.getByText("Nothing booked").waitFor();
  await accessible(page, "today");

  await openWeek(page, it);
  await page.getByRole("button", { name: "Next week" }).click();
  await section(page, days[6]).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Previous week" }).click();
  await appointmentAt(page, days[0], "09:00").waitFor();
  await accessible(page, "the week");
  await picture(page, `doctor-week-${size}`);

  await section(page, days[0]).getByRole("heading").getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: written(days[0]) }).waitFor();
  await page.getByText("2 appointments").waitFor();
  await accessible(page, "a day");
  await picture(page, `doctor-day-${size}`);
  await page.getByRole("button", { name: "Next day" }).click();
  await page.getByRole("heading", { level: 1, name: written(days[1]) }).waitFor();
  await page.getByRole("button", { name: "Refresh" }).click();
  await said(page, "how it stands now");

  await appointmentAt(page, days[1], "09:30").click();
  await page.getByRole("dialog").getByText("45 min").waitFor();
  await accessible(page, "an appointment");
  await picture(page, `doctor-appointment-${size}`);
  await page.getByRole("link", { name: "Their history" }).click();
  await page.getByRole("heading", { name: "History of a patient" }).waitFor();
  await page.getByText(patient.name).waitFor();
  await page.getByText("4 appointments are shown.").waitFor();
  await accessible(page, "a history");
  await page.getByRole("row").nth(1).getByRole("link").click();
  await page.getByRole("dialog").getByText(patient.name).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function cancelling(page, it) {
  const { days, ids, doctor, appointment } = it;
  await openWeek(page, it);
  await appointmentAt(page, days[0], "10:00").click();
  // Meanwhile somebody else moves it.
  const body = { start_date: `${days[0]}T10:30:00Z` };
  await page.getByText("Cancel it").click();
  await api("POST", `appointments/${ids.short}/reschedule`, { token: doctor.token, body });
  await page.getByLabel("Reason").fill("The heating is out");
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByRole("alert").filter({ hasText: "changed meanwhile" }).waitFor();
  await page.getByRole("dialog").getByText("10:30").waitFor();
  assert.equal((await appointment(ids.short)).status, "Booked");

  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await said(page, "is cancelled");
  const { status, reason } = await appointment(ids.short);
  assert.deepEqual([status, reason], ["Cancelled", "The heating is out"]);
  await appointmentAt(page, days[0], "10:30").waitFor({ state: "detached" });
}

async function dragging(page, { days, ids, startsAt }, size) {
  const dragged = appointmentAt(page, days[0], "09:00");
  await dragged.hover();
  const { x, y } = await dragged.boundingBox();
  await page.mouse.down();
  await page.mouse.move(x + 30, y + 30);
  const free = section(page, days[3]).getByRole("button", { name: "11:15" });
  await free.waitFor();
  await free.hover();
  await picture(page, `doctor-dragging-${size}`);
  await page.mouse.up();
  await said(page, /is moved to.*11:15/);
  await appointmentAt(page, days[3], "11:15").waitFor();
  await startsAt(ids.early, 3, "11:15");
  await page.getByRole("button", { name: "Undo" }).click();
  await said(page, /is back on.*9:00/);
  await startsAt(ids.early, 0, "09:00");
}

async function byKeyboard(page, { days, ids, startsAt }, size) {
  const moved = appointmentAt(page, days[1], "09:30");
  const pickUp = async () => {
    await moved.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Move", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.textContent === "Choose a new time");
  };
  await pickUp();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Choose a new time" }).waitFor({ state: "detached" });
  assert.ok(await moved.evaluate((link) => link === document.activeElement), "the focus is back where it was");

  await pickUp();
  const times = section(page, days[4]).getByRole("list", { name: "Free times" }).getByRole("button");
  await times.first().waitFor();
  // It is not in its own way: times that overlap with the one it has are free for it.
  const around = section(page, days[1]).getByRole("list", { name: "Free times" });
  for (const [time, count] of [["09:15", 1], ["09:30", 0], ["09:45", 1]]) {
    assert.equal(await around.getByRole("button", { name: time }).count(), count, time);
  }
  await accessible(page, "the choice of a new time");
  await picture(page, `doctor-move-${size}`);
  await times.first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await said(page, /is moved to.*8:30/);
  await startsAt(ids.tuesday, 4, "08:30");
  await appointmentAt(page, days[4], "08:30").waitFor();
  await accessible(page, "an announcement");
  // The focus is at what was said, and its Undo comes next.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await said(page, /is back on.*9:30/);
  await startsAt(ids.tuesday, 1, "09:30");
}

async function exactly(page, { days, ids, startsAt, appointment }) {
  const move = async (day, time) => {
    await page.getByRole("form", { name: "An exact time" }).getByLabel("Day").fill(day);
    await page.getByRole("form", { name: "An exact time" }).getByLabel("Time").fill(time);
    await page.getByRole("button", { name: "Move to this time" }).click();
  };
  await appointmentAt(page, days[0], "09:00").click();
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await move(days[2], "14:10");
  await page.getByRole("alert").filter({ hasText: "You have another appointment at this time" }).waitFor();
  const alternatives = page.getByRole("heading", { name: "The nearest times" }).locator("..").getByRole("button");
  await alternatives.first().waitFor();
  await accessible(page, "a refused move");
  await alternatives.first().click();
  await said(page, "is moved to");
  assert.equal((await appointment(ids.early)).start_date.slice(0, 10), days[2]);

  // Off the grid, and over where it was.
  await appointmentAt(page, days[1], "09:30").click();
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await move(days[1], "09:40");
  await said(page, /is moved to.*9:40/);
  await startsAt(ids.tuesday, 1, "09:40");
}

async function hours(page, { doctor, days }, size) {
  await page.getByRole("link", { name: "Hours and time off" }).click();
  await page.getByRole("group", { name: "Monday" }).getByLabel("To").fill("12:00");
  await page.getByRole("button", { name: "Add hours on Monday" }).click();
  await page.getByRole("group", { name: "Monday" }).getByLabel("From").nth(1).fill("13:00");
  await page.getByRole("group", { name: "Monday" }).getByLabel("To").nth(1).fill("00:00");
  await page.getByRole("group", { name: "Sunday" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("group", { name: "Sunday" }).getByText("Closed").waitFor();
  await page.getByRole("button", { name: "Save the working hours" }).click();
  await said(page, "working hours are saved");
  const saved = await api("GET", `doctors/${doctor.id}/working_hours`);
  const monday = saved.filter(({ weekday }) => weekday === "Mon").map(({ start, end }) => [start, end]);
  assert.deepEqual(monday, [["08:00", "12:00"], ["13:00", "24:00"]]);
  assert.ok(saved.every(({ weekday }) => weekday !== "Sun"));
  await accessible(page, "the hours");
  await picture(page, `doctor-hours-${size}`);

  await page.getByLabel("Specialty").fill("Dermatology");
  await page.getByLabel("Details").fill("Skin, hair and nails.\nSpeaks French.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await said(page, "is saved");
  const { specialty, details } = await api("GET", `doctors/${doctor.id}`);
  assert.deepEqual([specialty, details], ["Dermatology", "Skin, hair and nails.\nSpeaks French."]);

  const form = page.getByRole("form", { name: "Take time off" });
  const take = async (start, end) => {
    await form.getByLabel("From").fill(start);
    await form.getByLabel("Until").fill(end);
    await form.getByLabel("Reason").fill("A congress");
    await form.getByRole("button").click();
  };
  await take(`${days[2]}T08:00`, `${days[2]}T18:00`);
  await page.getByRole("alert").filter({ hasText: "There are appointments in that time" }).waitFor();
  const inTheWay = page.getByRole("heading", { name: "Appointments in this time" }).locator("..");
  await inTheWay.getByRole("link", { name: "14:00" }).waitFor();
  await accessible(page, "refused time off");
  await page.getByRole("link", { name: "14:00" }).click();
  await page.getByRole("dialog").getByText("Nora Lind").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Hours and time off" }).click();
  await take(`${days[5]}T08:00`, `${days[6]}T18:00`);
  await said(page, "time off is noted");
  await page.getByRole("listitem").filter({ hasText: "A congress" }).waitFor();
}

async function timeOffEnds(page, it, size) {
  const { doctor, days } = it;
  await openWeek(page, it);
  await section(page, days[5]).getByText("Time off: A congress").waitFor();
  await accessible(page, "a week with time off");
  await picture(page, `doctor-time-off-${size}`);
  await page.getByRole("link", { name: "Hours and time off" }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByRole("dialog", { name: "End this time off?" }).waitFor();
  await accessible(page, "the end of time off");
  await page.getByRole("button", { name: "End the time off" }).click();
  await said(page, "time off is ended");
  await page.getByText("No time off is ahead.").waitFor();
  assert.deepEqual(await api("GET", `doctors/${doctor.id}/time_off`, { token: doctor.token }), []);
}

async function inOtherLooks(open, it, size) {
  const page = await open({ colorScheme: "dark", timezoneId: "Asia/Tokyo" });
  await signIn(page, it.doctor.email);
  await openWeek(page, it);
  const appointment = appointmentAt(page, it.days[2], "14:00");
  await appointment.filter({ hasText: "23:00 your time" }).waitFor();
  await accessible(page, "the week in the dark");
  await appointment.click();
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await section(page, it.days[4]).getByRole("button").first().waitFor();
  await accessible(page, "the choice of a new time in the dark");
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

/** One mark corrects the other. The appointment is as another run of this has left it. */
async function marking(open) {
  const page = await open();
  await signIn(page, startedEmail, startedPassword);
  await page.getByLabel("Day", { exact: true }).fill(startedAt.slice(0, 10));
  const appointment = page.getByRole("list", { name: "Appointments" }).getByRole("link").first();
  const mark = async (name, text, status) => {
    await appointment.click();
    await page.getByRole("button", { name }).click();
    await said(page, text);
    await appointment.filter({ hasText: status }).waitFor();
  };
  await mark("Mark as done", "marked as done", "Done");
  await accessible(page, "an appointment that is done");
  await mark("Mark as did not come", "did not come", "Did not come");
}

story(async ({ open, size }) => {
  const it = await clinic(size);
  const page = await open();
  await signIn(page, it.doctor.email);
  await calendar(page, it, size);
  await cancelling(page, it);
  if (size === "desktop") await dragging(page, it, size);
  await byKeyboard(page, it, size);
  await exactly(page, it);
  await hours(page, it, size);
  await timeOffEnds(page, it, size);
  await inOtherLooks(open, it, size);
  if (startedAt) await marking(open);
}, { expected: /status of (409|412)/ });
