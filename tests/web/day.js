// Hours over midnight, arrivals, closures and the hours of a date: node day.js URL.
const assert = require("node:assert/strict");
const { picture, receptionist, signIn, story, PEOPLE } = require("./support");
const { DAY, REFUSED, accessible, column, dateOf, isFocused, message, open, setUp, shownDate, weekIn } = require("./day-scene");

/** A doctor works on the nights from Friday to Saturday, and has an appointment over midnight. */
async function worksAtNight(page, { size, asDoctor, doctor, days, book }) {
  await asDoctor("PUT", `doctors/${doctor.id}/working_hours`, []);
  await open(page, "hours");
  const friday = page.getByRole("group", { name: "Friday" });
  await friday.getByRole("button", { name: "Add hours on Friday" }).click();
  await friday.getByLabel("From").fill("22:00");
  await friday.getByLabel("To", { exact: true }).fill("06:00");
  await friday.getByLabel("To (next day)").waitFor();
  await accessible(page, "hours over midnight");
  await picture(page, `day-night-hours-${size}`);
  await page.getByRole("button", { name: "Save working hours" }).click();
  await message(page, "have been saved");
  const saved = await asDoctor("GET", `doctors/${doctor.id}/working_hours`);
  assert.deepEqual(saved, [{ weekday: "Fri", start: "22:00", end: "06:00" }]);
  await page.reload();
  assert.equal(await friday.getByLabel("To (next day)").inputValue(), "06:00");

  await book(`${days[4]}T23:30:00Z`, 60);
  await open(page, `week/${days[4]}`);
  const [fri, sat] = [column(page, shownDate(days[4])), column(page, shownDate(days[5]))];
  for (const day of [fri, sat]) await day.getByRole("link", { name: /^23:30–0?0:30 Nora Lind/ }).waitFor();
  await fri.getByText(/^Working 22:00–midnight$/).waitFor();
  await fri.getByText("1 appointment").waitFor();
  await sat.getByText(/^Working 0?0:00–0?6:00$/).waitFor();
  await sat.getByText("No appointments").waitFor();
  await sat.getByText("5 h 30 min free").waitFor();
  await accessible(page, "a week with an appointment over midnight");
  await picture(page, `day-night-week-${size}`, { fullPage: true });
}

/** Returns a time of the present day that is not more than an hour ago. */
function timeOfToday() {
  const soon = Date.now() + 120_000;
  const time = dateOf(soon) === dateOf(Date.now()) ? soon : Date.now() - 120_000;
  return `${new Date(time).toISOString().slice(0, 16)}:00Z`;
}

/** The doctor notes an arrival in the calendar by keyboard, and undoes it in the appointment. */
async function notesArrivalByKeyboard(page, { size, admin, appointment }) {
  const arrivedAt = async () => (await admin("GET", `appointments/${appointment.id}`)).arrived_at;
  await open(page, "");
  const link = page.getByRole("link", { name: /^\d.*Nora Lind/ });
  const button = page.getByRole("button", { name: "Arrived: Nora Lind" });
  await link.focus();
  await page.keyboard.press("ArrowDown");
  assert.ok(await isFocused(button), "the arrow keys reach the button");
  await page.keyboard.press("Enter");
  await message(page, "Nora Lind has arrived.");
  await link.getByText("Waiting 0 min").waitFor();
  assert.ok(await arrivedAt());
  assert.ok(await isFocused(button), "the button keeps the focus");
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  await accessible(page, "a day with a waiting patient");
  await picture(page, `day-waiting-${size}`);
  await page.getByRole("button", { name: "Undo" }).click();
  await message(page, "has been undone");
  assert.equal(await arrivedAt(), null);

  await link.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Arrived", exact: true }).click();
  await message(page, "Nora Lind has arrived.");
  await link.click({ position: { x: 20, y: 10 } });
  await dialog.getByText("Waiting 0 min").waitFor();
  await accessible(page, "an appointment of a waiting patient");
  await picture(page, `day-waiting-dialog-${size}`);
  await dialog.getByRole("button", { name: "Not arrived" }).click();
  await message(page, "has been undone");
  assert.equal(await arrivedAt(), null);
}

/** Both see in their live views what the other notes. */
async function seesArrivalOfOthers(desk, doctorsPage, { size, doctor }) {
  await desk.getByLabel("Find a doctor").fill(doctor.name);
  const button = column(desk, doctor.name).getByRole("button", { name: "Arrived: Nora Lind" });
  await button.click();
  await message(desk, "Nora Lind has arrived.");
  await accessible(desk, "the clinic's day with a waiting patient");
  await picture(desk, `day-clinic-waiting-${size}`);
  await doctorsPage.getByText(/^Waiting \d min$/).waitFor();
  await open(desk, "appointments");
  await desk.getByRole("table").getByText(/^Waiting \d min$/).first().waitFor();
}

/** The Admin enters holidays. One that is over an appointment stays in the form, and the other leaves it. */
async function addsClosures(page, { size, admin, book }, days) {
  const suffix = `${size} ${days[0]}`;
  const blocking = await book(`${days[1]}T10:00:00Z`, 30);
  await page.getByRole("link", { name: "Policy" }).click();
  await page.getByRole("link", { name: "Closures" }).click();
  await page.getByText("No closures ahead.").waitFor();
  const row = (number) => page.getByRole("group", { name: `Closure ${number}` });
  const fill = async (number, name, first, last) => {
    await row(number).getByLabel("Name").fill(name);
    await row(number).getByLabel("First day").fill(first);
    assert.equal(await row(number).getByLabel("Last day").inputValue(), first);
    await row(number).getByLabel("Last day").fill(last);
  };
  await fill(1, "Staff outing", days[1], days[1]);
  await page.getByRole("button", { name: "Add another row" }).click();
  assert.ok(await isFocused(row(2).getByLabel("Name")), "the focus is in the new row");
  await fill(2, `Holidays ${suffix}`, days[2], days[3]);
  await accessible(page, "closures that are not sent");
  await page.getByRole("button", { name: "Save closures" }).click();
  await message(page, "1 closure has been added.");
  await page.getByRole("alert").filter({ hasText: "There are appointments in this time" }).waitFor();
  assert.equal(await row(2).count(), 0, "the row that was added is gone");
  assert.equal(await row(1).getByLabel("Name").inputValue(), "Staff outing");
  const link = row(1).getByRole("listitem").filter({ hasText: "Nora Lind" }).getByRole("link");
  assert.equal(await link.getAttribute("href"), `#/appointments/${blocking.id}`);
  await accessible(page, "a refused closure");
  await picture(page, `day-closures-${size}`, { fullPage: true });
  const closures = (await admin("GET", "closures")).filter(({ name }) => name.includes(suffix));
  assert.deepEqual(closures.map(({ start_date, end_date }) => [Date.parse(start_date), Date.parse(end_date)]), [
    [Date.parse(`${days[2]}T00:00:00Z`), Date.parse(`${days[4]}T00:00:00Z`)],
  ]);
  await row(1).getByRole("button", { name: "Cancel these appointments and close the clinic" }).click();
  await message(page, "the appointments have been cancelled");
  const { status, reason } = await admin("GET", `appointments/${blocking.id}`);
  assert.deepEqual([status, reason], ["Cancelled", "Staff outing"]);
  await page.getByRole("button", { name: "Delete Staff outing" }).click();
  await message(page, "The closure has been deleted: Staff outing");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Delete Staff outing" }).click();
  await page.getByRole("button", { name: "Delete Staff outing" }).waitFor({ state: "detached" });
}

/** Everybody sees the name of a closure: doctors and the desk in the calendar, patients where they choose a time. */
async function showsClosures(page, doctorsPage, visitor, { size, admin, doctor }, days) {
  await open(doctorsPage, `week/${days[2]}`);
  const closed = /^The clinic is closed: Holidays/;
  for (const day of [days[2], days[3]]) {
    await column(doctorsPage, shownDate(day)).getByRole("gridcell", { name: closed }).waitFor();
    await column(doctorsPage, shownDate(day)).getByRole("rowheader").getByText(closed).waitFor();
  }
  await column(doctorsPage, shownDate(days[4])).getByRole("rowheader").getByText(/^Working /).waitFor();
  assert.equal(await column(doctorsPage, shownDate(days[2])).getByText(/^Working/).count(), 0, "nobody works on a closed day");
  assert.equal(await column(doctorsPage, shownDate(days[2])).getByText(/free$/).count(), 0, "closed time is not free");
  await picture(doctorsPage, `day-closed-week-${size}`);
  await open(page, `day/${days[2]}`);
  await page.getByRole("rowheader").getByText(closed).first().waitFor();
  await picture(page, `day-closed-clinic-${size}`);
  await open(visitor, `doctors/${doctor.id}`);
  await visitor.getByRole("heading", { name: doctor.name, level: 1 }).waitFor();
  await visitor.getByLabel("Date").fill(days[0]);
  await visitor.getByText(/^The clinic is closed: Holidays/).waitFor();
  await accessible(visitor, "the times of a doctor with a closure");
  await picture(visitor, `day-closed-picker-${size}`, { fullPage: true });
  for (const { id } of await admin("GET", "closures")) await admin("DELETE", `closures/${id}`);
}

/** The doctor leaves at noon on a Wednesday and works in the night of a Sunday. The Admin sees it, and undoes one of them. */
async function setsHoursOfDates(page, asAdmin, { size, asDoctor, doctor, days }) {
  const usual = ["Mon", "Tue", "Wed", "Thu", "Fri"].map((weekday) => ({ weekday, start: "08:00", end: "18:00" }));
  await asDoctor("PUT", `doctors/${doctor.id}/working_hours`, usual);
  await open(page, "hours");
  const card = page.locator("section", { has: page.getByRole("heading", { name: "Hours of single dates" }) });
  const dialog = page.getByRole("dialog");
  const add = async (day) => {
    await card.getByRole("button", { name: "Add date" }).click();
    await dialog.getByLabel("Date").fill(day);
  };
  await add(days[2]);
  assert.equal(await dialog.getByLabel("From").inputValue(), "08:00", "the date starts with the hours of its weekday");
  await dialog.getByLabel("To").fill("12:00");
  await accessible(page, "the hours of a date");
  await picture(page, `day-special-dialog-${size}`);
  await dialog.getByRole("button", { name: "Save hours" }).click();
  await message(page, /have been saved: Wednesday/);
  await add(days[6]);
  await dialog.getByRole("button", { name: /^Add hours on/ }).click();
  await dialog.getByLabel("From").fill("20:00");
  await dialog.getByLabel("To", { exact: true }).fill("02:00");
  await dialog.getByRole("button", { name: "Save hours" }).click();
  await message(page, /have been saved: Sunday/);
  await add(days[3]);
  await dialog.getByRole("button", { name: /^Remove/ }).click();
  await dialog.getByText("Not working").waitFor();
  await dialog.getByRole("button", { name: "Save hours" }).click();
  await card.getByText("Not working").waitFor();
  await accessible(page, "dates with other hours");
  await card.scrollIntoViewIfNeeded();
  await picture(page, `day-special-${size}`);
  assert.deepEqual(await asDoctor("GET", `doctors/${doctor.id}/special_hours`), [
    { date: days[2], hours: [{ start: "08:00", end: "12:00" }] },
    { date: days[3], hours: [] },
    { date: days[6], hours: [{ start: "20:00", end: "02:00" }] },
  ]);

  await open(page, `week/${days[0]}`);
  const works = (day, text) => column(page, shownDate(day)).getByText(text).waitFor();
  await works(days[1], /^Working 0?8:00–18:00$/);
  await works(days[2], /^Working 0?8:00–12:00$/);
  await works(days[3], "Not working");
  await works(days[6], /^Working 20:00–midnight$/);
  await picture(page, `day-special-week-${size}`, { fullPage: true });
  await page.getByRole("button", { name: "Next week" }).click();
  const monday = new Date(Date.parse(days[6]) + DAY).toISOString().slice(0, 10);
  await works(monday, /^Working 0?0:00–0?2:00 and 0?8:00–18:00$/);

  await open(asAdmin, `doctors/${doctor.id}`);
  const special = asAdmin.getByRole("listitem").filter({ hasText: shownDate(days[3]) });
  await special.getByRole("button", { name: /^Remove/ }).click();
  await message(asAdmin, "The hours of the weekday apply again");
  await special.waitFor({ state: "detached" });
  await asAdmin.getByRole("button", { name: "Undo" }).click();
  await special.getByText("Not working").waitFor();
  for (const day of [days[2], days[3], days[6]]) await asDoctor("DELETE", `doctors/${doctor.id}/special_hours/${day}`);
}

story(
  async ({ open, url, size }) => {
    const scene = await setUp(url, size);
    const page = await open();
    await signIn(page, scene.doctor.email);
    scene.appointment = await scene.book(timeOfToday(), 30);
    await notesArrivalByKeyboard(page, scene);
    const desk = await open();
    await signIn(desk, await receptionist(url));
    await seesArrivalOfOthers(desk, page, scene);
    const asAdmin = await open();
    await signIn(asAdmin, PEOPLE.admin);
    // Without appointments of the demo clinic
    const later = weekIn(28);
    await addsClosures(asAdmin, scene, later);
    await showsClosures(asAdmin, page, await open(), scene, later);
    await setsHoursOfDates(page, asAdmin, scene);
    await worksAtNight(page, scene);
  },
  { sizes: ["phone", "desktop"], expected: REFUSED },
);
