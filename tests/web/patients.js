// The front desk and its patients: duplicates, a lost answer, walk-ins, bookings against the rules, notes, guardians, merging.
const assert = require("node:assert/strict");
const { card, check, cleanUp, closed, focused, heading, message, option, phoneOf, search, setUp } = require("./desk-scene");
const { signIn, story } = require("./support");

const REFUSED = /Failed to load resource: (the server responded with a status of (409|412|422)|net::ERR_FAILED)/;
const dialogOf = (page) => page.getByRole("dialog");
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

/** Creates a patient by the API. */
const create = ({ desk, mark }, person, more) => desk("POST", "patients", { name: `${person} ${mark}`, ...more });

/** Somebody with the same phone is shown before a patient is created. A date and a phone number find a patient, too. */
async function meetsDuplicate(page, scene) {
  const phone = phoneOf(scene.mark);
  const nadia = await create(scene, "Nadia", { phone, birth_date: "1984-03-07" });
  await search(page).fill(`7.3.1984 ${scene.mark}`);
  await option(page, nadia.name).waitFor();
  await search(page).fill(`0${phone.slice(3)} 07/03/1984`);
  await option(page, nadia.name).click();
  await heading(page, nadia.name);
  await page.getByText(/^7 Mar 1984 \(\d+ years\)$/).first().waitFor();

  await search(page).fill(`Nadja ${scene.mark} 0${phone.slice(3)}`);
  await option(page, "New patient").click();
  await dialogOf(page).getByRole("button", { name: "Create patient" }).click();
  await dialogOf(page).getByText("Is it one of these?").waitFor();
  const match = dialogOf(page).getByRole("link", { name: nadia.name });
  await focused(match);
  await check(page, "likely duplicate", scene.size);
  await page.keyboard.press("Enter");
  await closed(page);
  await heading(page, nadia.name);
  assert.equal((await scene.desk("GET", `patients?q=${phone.slice(3)}`)).length, 1);
  return nadia;
}

/** The answer to the creation is lost. The page sends it again, and there is one patient. */
async function losesAnswer(page, scene) {
  let lost = 0;
  await page.route("**/patients", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.fallback();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  const name = `Lost Answer ${scene.mark}`;
  // Enter waits for the answer to these words.
  await search(page).fill(name);
  await search(page).press("Enter");
  await focused(dialogOf(page).getByLabel("Phone", { exact: true }));
  await page.keyboard.press("Enter");
  await message(page, `${name} has been added.`);
  await heading(page, name);
  await page.unrouteAll({ behavior: "wait" });
  assert.equal(lost, 1);
  assert.equal((await scene.desk("GET", `patients?q=${encodeURIComponent(name)}`)).length, 1);
}

/** Opens the choice of a time in the booking of the open patient. */
async function choosesType(page, { type }) {
  await dialogOf(page).getByRole("button", { name: type.name }).click();
  await dialogOf(page).getByRole("heading", { name: "When, and with whom?" }).waitFor();
}

/** A patient has come without an appointment. Ctrl and Enter lead from the search to the booking, which is undone. */
async function booksWalkIn(page, scene, patient) {
  await search(page).fill(patient.name);
  await option(page, patient.name).first().waitFor();
  await search(page).press("Control+Enter");
  await heading(page, patient.name);
  await choosesType(page, scene);
  await dialogOf(page).getByRole("button", { name: "Now", exact: true }).click();
  const doctor = dialogOf(page).getByRole("button", { name: scene.first.name });
  await doctor.waitFor();
  await check(page, "walk-in", scene.size);
  await doctor.click();
  await dialogOf(page).getByRole("button", { name: "Book appointment" }).click();
  await message(page, /^Booked: /);
  await closed(page);
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await message(page, "Undone. The appointment has been cancelled.");
  const [appointment] = await scene.desk("GET", `appointments?patient_id=${patient.id}`);
  assert.equal(appointment.status, "Cancelled");
}

/** A time outside the working hours is refused. With a reason, the desk books it. */
async function overrides(page, scene, patient) {
  const hours = [{ weekday: "Mon", start: "10:00", end: "10:30" }];
  await scene.admin("PUT", `doctors/${scene.second.id}/working_hours`, hours);
  await page.keyboard.press("b");
  await choosesType(page, scene);
  await dialogOf(page).getByText("Another time").click();
  const form = dialogOf(page).getByRole("form", { name: "Another time" });
  await form.getByLabel("Doctor").selectOption(scene.second.name);
  await form.getByLabel("Date").fill(tomorrow());
  await form.getByLabel("Time").fill("06:30");
  await form.getByRole("button", { name: "Choose this time" }).click();
  await dialogOf(page).getByLabel("Note").fill("Walks slowly");
  await dialogOf(page).getByRole("button", { name: "Book appointment" }).click();
  await focused(dialogOf(page).getByLabel("Reason"));
  await check(page, "refused booking", scene.size);
  await page.keyboard.type("The doctor agreed on the phone");
  await page.keyboard.press("Enter");
  await message(page, /^Booked: /);
  const rows = await scene.desk("GET", `appointments?patient_id=${patient.id}&status=Booked`);
  assert.deepEqual(rows.map(({ overridden, note }) => [overridden, note]), [[true, "Walks slowly"]]);
  return rows[0];
}

/** Notes are edited in place. Leaving the page asks first. */
async function writesNotes(page, scene, patient) {
  await page.getByRole("button", { name: "Add notes" }).click();
  await focused(page.getByLabel("Notes about the patient"));
  await page.keyboard.type("Allergic to penicillin");
  const asked = page.waitForEvent("dialog");
  const left = page.getByRole("link", { name: "Patients" }).first().click();
  await (await asked).dismiss();
  await left;
  await heading(page, patient.name);
  // Somebody else writes meanwhile. That is shown before it is replaced.
  await scene.admin("PATCH", `patients/${patient.id}`, { notes: "Prefers mornings" });
  await page.getByRole("button", { name: "Save notes" }).click();
  await page.getByRole("alert").getByText("Prefers mornings").waitFor();
  await check(page, "notes of two users", scene.size);
  await page.getByRole("button", { name: "Save notes" }).click();
  await message(page, "The notes have been saved.");
  await page.getByText("Allergic to penicillin").waitFor();
  assert.equal((await scene.desk("GET", `patients/${patient.id}`)).notes, "Allergic to penicillin");
}

/** A parent with a login becomes a guardian, and no longer is one. */
async function managesGuardians(page, scene, patient) {
  const parent = await scene.admin("POST", "register", {
    account_type: "Patient", name: `Parent ${scene.mark}`, email: `parent-${scene.mark}@rounds.example`, password: "demo-password",
  });
  await page.getByRole("button", { name: "Add guardian" }).click();
  await page.getByRole("combobox", { name: "Guardian" }).fill(parent.name);
  await page.getByRole("option", { name: parent.name }).click();
  await message(page, `${parent.name} is now a guardian.`);
  await page.getByRole("link", { name: parent.name }).waitFor();
  await check(page, "card", scene.size);
  await page.getByRole("button", { name: `Remove guardian: ${parent.name}` }).click();
  await message(page, `${parent.name} is no longer a guardian.`);
  assert.deepEqual((await scene.desk("GET", `patients/${patient.id}`)).guardians, []);
}

/** A patient who was entered twice. Appointments of both at one time are listed. */
async function merges(page, scene, patient, appointment) {
  const twin = await create(scene, "Twin", { email: `twin-${scene.mark}@rounds.example` });
  const at = { patient_id: twin.id, start_date: appointment.start_date, duration: 30 };
  const overlapping = await scene.desk("POST", "appointments", { ...at, doctor_id: scene.first.id });
  await card(page, twin.id);
  await heading(page, twin.name);
  await page.getByRole("button", { name: "Invite to create a login" }).click();
  await message(page, "An invitation is on its way");
  await page.getByRole("button", { name: "Merge" }).click();
  await dialogOf(page).getByRole("combobox", { name: "This is the same person as" }).fill(patient.name);
  await dialogOf(page).getByRole("option", { name: patient.name }).click();
  await dialogOf(page).getByRole("table").getByText(twin.email).waitFor();
  await check(page, "merge", scene.size);
  const merge = dialogOf(page).getByRole("button", { name: "Merge them" });
  await merge.click();
  await dialogOf(page).getByRole("alert").getByRole("link", { name: `Appointment no. ${overlapping.id}` }).waitFor();
  await check(page, "refused merge", scene.size);
  await scene.desk("POST", `appointments/${overlapping.id}/cancel`, {});
  await merge.click();
  await message(page, `The entries of ${patient.name} have been merged.`);
  await heading(page, patient.name);
  await card(page, twin.id);
  await heading(page, patient.name);
  await page.waitForFunction((id) => location.hash === `#/patients/${id}`, patient.id);
}

/** A wrong mark is taken back, and an appointment that was entered by mistake is cancelled after its start. */
async function correctsLate(page, scene) {
  const patient = await create(scene, "Late");
  const start = new Date(Date.now() - 60_000);
  start.setUTCSeconds(0, 0);
  const body = { doctor_id: scene.first.id, patient_id: patient.id, start_date: start.toISOString(), duration: 30 };
  const { id } = await scene.desk("POST", "appointments", body);
  await scene.desk("POST", `appointments/${id}/no_show`);
  await card(page, patient.id);
  await heading(page, patient.name);
  const row = page.getByRole("listitem").filter({ hasText: scene.first.name }).getByRole("link");
  await row.click();
  await dialogOf(page).getByRole("button", { name: "Undo the mark" }).click();
  await message(page, "The appointment is booked again.");
  await row.click();
  await dialogOf(page).getByRole("button", { name: "Add note" }).click();
  await dialogOf(page).getByLabel("Note").fill("Entered twice");
  await dialogOf(page).getByRole("button", { name: "Save note" }).click();
  await message(page, "The note has been saved.");
  await row.click();
  await dialogOf(page).getByText("Entered twice").waitFor();
  await dialogOf(page).getByRole("button", { name: "Cancel appointment" }).click();
  await dialogOf(page).getByRole("button", { name: "Yes, cancel it" }).click();
  await message(page, "has been cancelled");
  assert.equal((await scene.desk("GET", `appointments/${id}`)).status, "Cancelled");
}

/** The keys / and B can be turned off. */
async function turnsOffShortcuts(page, { size }) {
  await page.getByRole("navigation").getByRole("link", { name: "Patients" }).click();
  await heading(page, "Patients");
  await check(page, "patients", size);
  await page.getByLabel("Use single keys as shortcuts").uncheck();
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("/");
  assert.equal(await search(page).evaluate((element) => element === document.activeElement), false);
  await page.getByLabel("Use single keys as shortcuts").check();
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("/");
  await focused(search(page));
  await page.keyboard.press("Escape");
}

/** What only Admins can do is not there for a Receptionist. */
async function seesNoAdminPages(page) {
  for (const route of ["policy", "accounts", "reports", "audit", "closures"]) {
    await page.evaluate((route) => (location.hash = `#/${route}`), route);
    await heading(page, "Page not found");
  }
}

story(async ({ open, size, url }) => {
  const scene = await setUp(url, size);
  const page = await open();
  await signIn(page, scene.receptionist.email);
  const patient = await meetsDuplicate(page, scene);
  await losesAnswer(page, scene);
  await booksWalkIn(page, scene, patient);
  const appointment = await overrides(page, scene, patient);
  await writesNotes(page, scene, patient);
  await managesGuardians(page, scene, patient);
  await merges(page, scene, patient, appointment);
  await correctsLate(page, scene);
  await turnsOffShortcuts(page, scene);
  await seesNoAdminPages(page);
  await cleanUp(scene);
}, { sizes: ["phone", "desktop"], expected: REFUSED });
