// The front desk books a series of appointments, and cancels one of it or all later ones.
const assert = require("node:assert/strict");
const { card, check, cleanUp, closed, focused, heading, message, setUp } = require("./desk-scene");
const { dayAhead, signIn, story } = require("./support");

const REFUSED = /Failed to load resource: the server responded with a status of 409/;
const DAY = 86_400_000;
const dialogOf = (page) => page.getByRole("dialog");
const rowsOf = (page) => dialogOf(page).getByRole("list", { name: "Appointments of the series" }).getByRole("listitem");
const dateOf = (date) => date.toISOString().slice(0, 10);
/** The date some weeks after another one. */
const weeksLater = (date, weeks) => new Date(date.getTime() + weeks * 7 * DAY);

/** A timestamp in the clinic's zone, such as Etc/GMT-3, which is +03:00. */
async function timestamp({ desk }, date, time) {
  const [, sign, hours] = /^Etc\/GMT([+-])(\d+)$/.exec((await desk("GET", "clinic")).time_zone);
  return `${dateOf(date)}T${time}:00${sign === "-" ? "+" : "-"}${hours.padStart(2, "0")}:00`;
}

/** The patient's appointments with a status, in order of start. */
const appointments = ({ desk }, patient, status) => desk("GET", `appointments?patient_id=${patient.id}&status=${status}&limit=100`);

const create = ({ desk, mark }, person) => desk("POST", "patients", { name: `${person} ${mark}` });

/** Opens the last step of a booking of the open patient: at a time with a doctor. */
async function confirms(page, scene, doctor, date, time) {
  await page.getByRole("button", { name: "Book", exact: true }).click();
  await dialogOf(page).getByRole("button", { name: scene.type.name }).click();
  await dialogOf(page).getByText("Another time").click();
  const form = dialogOf(page).getByRole("form", { name: "Another time" });
  await form.getByLabel("Doctor").selectOption(doctor.name);
  await form.getByLabel("Date").fill(dateOf(date));
  await form.getByLabel("Time").fill(time);
  await form.getByRole("button", { name: "Choose this time" }).click();
  await dialogOf(page).getByRole("button", { name: "Book appointment" }).waitFor();
}

async function repeats(page, weeks, times) {
  await dialogOf(page).getByLabel("Repeat this appointment").check();
  await dialogOf(page).getByLabel("How often").selectOption(weeks);
  await dialogOf(page).getByLabel("Number of appointments").selectOption(times);
  // The rows of the preview before can still be there for a moment, so their number is part of what is awaited.
  const nth = (number) => `:has(> li:nth-child(${number}))`;
  await dialogOf(page).locator(`ul${nth(times)}:not(${nth(Number(times) + 1)})`).waitFor();
}

const opens = async (page, patient) => {
  await card(page, patient.id);
  await heading(page, patient.name);
};

/** The third of four is not free. It is left out only if the desk says so, and the booking is undone. */
async function leavesOutWhatIsNotFree(page, scene, patient) {
  const first = dayAhead(1);
  const start_date = await timestamp(scene, weeksLater(first, 4), "10:00");
  const other = await create(scene, "Somebody Else");
  await scene.desk("POST", "appointments", { doctor_id: scene.first.id, patient_id: other.id, start_date, duration: 30 });
  await confirms(page, scene, scene.first, first, "10:00");
  await dialogOf(page).getByLabel("Note").fill("Physiotherapy");
  await repeats(page, "Every 2 weeks", "4");
  const third = rowsOf(page).nth(2);
  await third.getByText("Not free").waitFor();
  await third.getByText("The doctor has another appointment at this time.").waitFor();
  await third.getByText(/^Free near it: .*\b9:30 · .*\b10:30 · .*\. Book it alone\.$/).waitFor();
  assert.equal(await rowsOf(page).getByText("Free", { exact: true }).count(), 3);
  await third.scrollIntoViewIfNeeded();
  await check(page, "series with a conflict", scene.size);

  const book = dialogOf(page).getByRole("button", { name: "Book 3 appointments" });
  await book.click();
  const skip = dialogOf(page).getByLabel("Leave out the appointment that is not free");
  await focused(skip);
  assert.deepEqual(await appointments(scene, patient, "Booked"), []);
  await skip.check();
  await book.click();
  await message(page, /^3 appointments booked: from .*, Dr\. First /);
  await closed(page);
  const booked = await appointments(scene, patient, "Booked");
  const expected = await Promise.all([0, 2, 6].map((weeks) => timestamp(scene, weeksLater(first, weeks), "10:00")));
  assert.deepEqual(booked.map(({ start_date }) => Date.parse(start_date)), expected.map(Date.parse));
  assert.deepEqual(booked.map(({ note }) => note), Array(3).fill("Physiotherapy"));
  assert.equal(new Set(booked.map(({ series_id }) => series_id)).size, 1);
  await focused(page.locator(`a[href="#/appointments/${booked[0].id}"]`));

  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await message(page, "Undone. The appointments have been cancelled.");
  assert.equal((await appointments(scene, patient, "Cancelled")).length, 3);
}

/** Somebody books one of the times while the desk looks at them. Then the desk sees it, and nothing is booked. */
async function meetsOneThatWasJustTaken(page, scene, patient) {
  const first = dayAhead(2);
  await confirms(page, scene, scene.first, first, "14:00");
  await repeats(page, "Every week", "3");
  assert.equal(await rowsOf(page).getByText("Free", { exact: true }).count(), 3);
  const start_date = await timestamp(scene, weeksLater(first, 1), "14:00");
  const other = await create(scene, "Somebody Faster");
  await scene.desk("POST", "appointments", { doctor_id: scene.first.id, patient_id: other.id, start_date, duration: 30 });
  await dialogOf(page).getByRole("button", { name: "Book 3 appointments" }).click();
  await dialogOf(page).getByRole("alert").getByText("Not all appointments of the series can be booked.").waitFor();
  await rowsOf(page).nth(1).getByText("Not free").waitFor();
  assert.deepEqual(await appointments(scene, patient, "Booked"), []);
  // The appointment alone, after all.
  await dialogOf(page).getByLabel("Repeat this appointment").uncheck();
  await rowsOf(page).first().waitFor({ state: "detached" });
  await dialogOf(page).getByRole("button", { name: "Book appointment" }).click();
  await message(page, /^Booked: /);
  const [single] = await appointments(scene, patient, "Booked");
  assert.equal(single.series_id, null);
  await scene.desk("POST", `appointments/${single.id}/cancel`, {});
}

/** A series of which nothing is free cannot be booked. */
async function findsNothingFree(page, scene) {
  const hours = [{ weekday: "Mon", start: "10:00", end: "10:30" }];
  await scene.admin("PUT", `doctors/${scene.second.id}/working_hours`, hours);
  await confirms(page, scene, scene.second, dayAhead(3), "06:30");
  await repeats(page, "Every 3 weeks", "2");
  await dialogOf(page).getByRole("alert").getByText("None of these times is free.").waitFor();
  await rowsOf(page).first().getByText("The time is outside the doctor's working hours.").waitFor();
  assert.equal(await dialogOf(page).getByRole("button", { name: /^Book/ }).count(), 0);
  await rowsOf(page).last().scrollIntoViewIfNeeded();
  await check(page, "series without a free time", scene.size);
  await page.keyboard.press("Escape");
  await closed(page);
}

/** Opens an appointment from the patient's page, and the form that cancels it. */
async function cancels(page, appointment) {
  await page.locator(`a[href="#/appointments/${appointment.id}"]`).click();
  await dialogOf(page).getByText("Part of a series").waitFor();
  await dialogOf(page).getByRole("button", { name: "Cancel appointment" }).click();
  await dialogOf(page).getByRole("heading", { name: "Cancel this appointment?" }).waitFor();
}

/** Of five appointments, the second is cancelled alone, and the fourth with the last one. */
async function cancelsThisAndLaterOnes(page, scene, patient) {
  await confirms(page, scene, scene.first, dayAhead(4), "08:00");
  await repeats(page, "Every 12 weeks", "5");
  await rowsOf(page).last().scrollIntoViewIfNeeded();
  await check(page, "free series", scene.size);
  await dialogOf(page).getByRole("button", { name: "Book 5 appointments" }).click();
  await message(page, /^5 appointments booked: /);
  await closed(page);
  const booked = await appointments(scene, patient, "Booked");
  assert.equal(booked.length, 5);

  await cancels(page, booked[1]);
  assert.equal(await dialogOf(page).getByRole("button", { name: "Only this one" }).getAttribute("aria-pressed"), "true");
  await dialogOf(page).getByRole("button", { name: "Yes, cancel it" }).click();
  await message(page, /^The appointment on .* has been cancelled\.$/);
  await closed(page);

  await cancels(page, booked[3]);
  await dialogOf(page).getByRole("button", { name: "This and all later ones" }).click();
  await dialogOf(page).getByLabel("Reason").fill("Moves away");
  await check(page, "cancelling later ones", scene.size);
  await dialogOf(page).getByRole("button", { name: "Yes, cancel them" }).click();
  await message(page, "2 appointments have been cancelled.");
  await closed(page);
  const all = await scene.desk("GET", `appointments?patient_id=${patient.id}&from=${encodeURIComponent(booked[0].start_date)}&limit=100`);
  const series = all.filter(({ series_id }) => series_id === booked[0].series_id);
  assert.deepEqual(series.map(({ status }) => status), ["Booked", "Cancelled", "Booked", "Cancelled", "Cancelled"]);
  assert.equal(series[4].reason, "Moves away");

  // An appointment of no series has no such choice.
  const start_date = await timestamp(scene, dayAhead(0), "12:00");
  const single = await scene.desk("POST", "appointments", { doctor_id: scene.first.id, patient_id: patient.id, start_date, duration: 30 });
  await page.reload();
  await page.locator(`a[href="#/appointments/${single.id}"]`).click();
  await dialogOf(page).getByRole("button", { name: "Cancel appointment" }).click();
  await dialogOf(page).getByRole("button", { name: "Yes, cancel it" }).waitFor();
  assert.equal(await dialogOf(page).getByRole("button", { name: "This and all later ones" }).count(), 0);
  assert.equal(await dialogOf(page).getByText("Part of a series").count(), 0);
}

story(
  async ({ open, size, url }) => {
    const scene = await setUp(url, size);
    const patient = await create(scene, "Pat Series");
    const page = await open();
    await signIn(page, scene.receptionist.email);
    await opens(page, patient);
    await leavesOutWhatIsNotFree(page, scene, patient);
    await meetsOneThatWasJustTaken(page, scene, patient);
    await findsNothingFree(page, scene);
    await cancelsThisAndLaterOnes(page, scene, patient);
    await cleanUp(scene);
  },
  { sizes: ["phone", "desktop"], expected: REFUSED },
);
