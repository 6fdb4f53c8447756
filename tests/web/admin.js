// An Admin's story: makes accounts, looks at days and reports, changes appointments and the policy, and reads of it in the trail.
const assert = require("node:assert/strict");
const { accessible, picture, signIn, story, PASSWORD, PEOPLE } = require("./support");

const REFUSED = /Failed to load resource: the server responded with a status of (401|409|422)/;

/** Asks the API as an account. */
const asking = (url, token) => async (method, path, body) => {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return response.headers.get("Content-Type") === "application/json" ? JSON.parse(text) : text;
};
const entering = async (url, email) => asking(url, await asking(url)("POST", "login", { email, password: PASSWORD }));

/** A patient with three appointments of two hours next week with one doctor, and then one with another. */
async function clinic(url, doctor, name) {
  const admin = await entering(url, PEOPLE.admin);
  const email = `${name}-patient@rounds.example`;
  const register = (kind, name, email) =>
    admin("POST", "register", { account_type: kind, name, email, password: PASSWORD });
  const other = await register("Doctor", `Dr. Other ${name}`, `${name}-other@rounds.example`);
  const patient = await register("Patient", `Patient ${name}`, email);
  await register("Patient", `Stranger ${name}`, `${name}-stranger@rounds.example`);
  const [{ id }] = await admin("GET", `accounts?q=${encodeURIComponent(doctor)}`);
  const date = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  const book = async (doctor, hour) =>
    (await entering(url, email))("POST", `doctors/${doctor}/book`, { start_date: `${date}T${hour}:00:00Z`, duration: 120 });
  const appointments = [await book(id, "08"), await book(id, "10"), await book(id, "12")];
  const elsewhere = await book(other.id, "14");
  return { admin, id, other, patient, date, appointments, elsewhere };
}

/** Examines a page once all of it is there. */
async function examined(page, what) {
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]:not(button)"));
  await accessible(page, what);
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const said = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const shown = (page, count) => said(page, new RegExp(`^${count} shown$`));
const follow = async (page, name) => {
  await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
  await heading(page, name);
};

async function create(page, { kind, name, email, ...more }) {
  await page.getByRole("button", { name: "New account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Kind").selectOption(kind);
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("First password").fill(PASSWORD);
  for (const [label, text] of Object.entries(more)) await dialog.getByLabel(label).fill(text);
  await examined(page, "a new account");
  await dialog.getByRole("button", { name: "Create the account" }).click();
  await said(page, `The account of ${name} is made.`);
}

/** Finds an account, and opens what can be done to it. */
async function manage(page, { name, email }) {
  await page.getByLabel("Name or email").fill(email);
  await page.getByRole("button", { name: `Manage ${name}` }).click();
  return page.getByRole("dialog");
}

async function looksAtTheDay(page, { date, doctor, size }) {
  await page.getByLabel("Day", { exact: true }).fill(date);
  await page.getByLabel("Find a doctor").fill(doctor.name);
  const row = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: doctor.name }) });
  await row.getByText("360 min booked").waitFor();
  await row.getByText("3 appointments").waitFor();
  await row.getByText("120 min free").waitFor();
  await row.getByRole("button").nth(2).waitFor();
  await examined(page, "the day");
  await picture(page, `admin-day-${size}`);
  await page.getByLabel("Show", { exact: true }).selectOption("Doctors with appointments");
  await row.waitFor();
  await page.getByRole("button", { name: "Next day" }).click();
  await page.getByText("No doctor is like that.").waitFor();
  await page.getByLabel("Show", { exact: true }).selectOption("Doctors with room");
  await row.getByText("480 min free").waitFor();
  await page.getByRole("button", { name: "Previous day" }).click();
  await row.getByRole("button").first().click();
  await page.getByRole("dialog").getByText(doctor.name).waitFor();
  await examined(page, "an appointment");
  await page.getByRole("button", { name: "Close" }).click();
}

async function looksAtReports(page, { date, doctor, size }) {
  await follow(page, "Reports");
  await page.getByLabel("Day", { exact: true }).fill(date);
  const row = (caption) => page.getByRole("table", { name: caption }).getByRole("row", { name: doctor.name });
  const numbers = (caption) => row(caption).getByRole("cell").allTextContents();
  await row("Doctors with six booked hours or more").waitFor();
  assert.deepEqual(await numbers("Doctors by appointments, most first"), ["3", "360"]);
  assert.deepEqual(await numbers("Doctors with six booked hours or more"), ["360", "3"]);
  await examined(page, "the reports");
  await picture(page, `admin-reports-${size}`);
}

/** Deactivates the doctor, sees what is booked, and takes it back. */
async function sendsAway(page, { doctor, size }) {
  await follow(page, "Accounts");
  const dialog = await manage(page, doctor);
  await examined(page, "an account");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await examined(page, "a deactivation");
  await dialog.getByRole("button", { name: "Back" }).click();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByText("Still booked with the doctor").waitFor();
  assert.equal(await dialog.getByRole("link").count(), 3);
  await examined(page, "what is still booked");
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("State").selectOption("Deactivated");
  await page.getByRole("row", { name: doctor.name }).getByRole("cell", { name: "Deactivated" }).waitFor();
  await examined(page, "the accounts");
  await picture(page, `admin-accounts-${size}`);
  await (await manage(page, doctor)).getByRole("button", { name: "Activate" }).click();
  await said(page, `${doctor.name} is active again.`);
  await page.getByLabel("State").selectOption("All");
}

/** Makes another Admin, who signs in with a password that is set for them until they are deactivated. */
async function makesAnAdmin(page, { open, name }) {
  const admin = { name: `Admin ${name}`, email: `${name}-admin@rounds.example` };
  await create(page, { kind: "Admin", ...admin });
  const dialog = await manage(page, admin);
  await dialog.getByRole("button", { name: "Set a new password" }).click();
  await dialog.getByLabel("New password").fill("another-password");
  await examined(page, "a new password");
  await dialog.getByRole("button", { name: "Set a new password" }).click();
  await said(page, `${admin.name} has a new password.`);

  const theirs = await open();
  await signIn(theirs, admin.email, "another-password");
  await follow(theirs, "Accounts");
  await theirs.getByLabel("Name or email").fill(admin.email);
  await theirs.getByRole("row", { name: admin.name }).getByRole("link", { name: "Your account" }).waitFor();
  assert.equal(await theirs.getByRole("button", { name: `Manage ${admin.name}` }).count(), 0);

  const again = await manage(page, admin);
  await again.getByRole("button", { name: "Deactivate" }).click();
  await again.getByRole("button", { name: "Deactivate" }).click();
  await said(page, `${admin.name} is deactivated.`);
  await theirs.getByRole("link", { name: "Policy" }).click();
  await theirs.getByLabel("Name of the clinic").waitFor();
  await theirs.getByRole("link", { name: "Audit trail" }).click();
  await theirs.getByText("Your session has ended.").waitFor();
}

/** Erases a patient, but not one who is to come. */
async function erases(page, { patient, name }) {
  const stranger = { name: `Stranger ${name}`, email: `${name}-stranger@rounds.example` };
  for (const person of [patient, stranger]) {
    const dialog = await manage(page, person);
    await dialog.getByRole("button", { name: "Erase" }).click();
    const email = dialog.getByLabel(`Type ${person.email} to confirm`);
    await email.fill("somebody else");
    await dialog.getByRole("button", { name: "Erase" }).click();
    assert.ok(await email.evaluate((input) => !input.validity.valid));
    await email.fill(person.email);
    await examined(page, "an erasure");
    await dialog.getByRole("button", { name: "Erase" }).click();
    if (person === stranger) break;
    await dialog.getByText("The Patient has booked appointments.").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
  }
  await said(page, "The account is erased.");
}

async function changesAppointments(page, { admin, elsewhere, doctor, date, patient, size }) {
  await follow(page, "Appointments");
  await page.getByLabel("On the day").fill(date);
  await page.getByLabel("Doctor", { exact: true }).selectOption(doctor.name);
  const at = (hour) => page.getByRole("button", { name: new RegExp(`^Open .*\\b${hour}:00$`) });
  await shown(page, 3);
  await examined(page, "the appointments");
  await picture(page, `admin-appointments-${size}`);

  await at(8).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(patient.name).waitFor();
  // Neither at 14:00, when the patient is elsewhere, nor where it is already.
  const times = dialog.getByLabel("Free times");
  await times.getByRole("option").first().waitFor({ state: "attached" });
  assert.deepEqual(await times.getByRole("option").allTextContents(), ["16:00"]);
  await dialog.getByLabel("Minutes").fill("60");
  await dialog.getByLabel("Minutes").blur();
  await times.getByRole("option", { name: "08:15" }).waitFor({ state: "attached" });
  await dialog.getByLabel("Minutes").fill("120");
  await dialog.getByLabel("Minutes").blur();
  await times.getByRole("option", { name: "08:15" }).waitFor({ state: "detached" });
  // Meanwhile the patient's other appointment is moved there.
  await admin("POST", `appointments/${elsewhere}/reschedule`, { start_date: `${date}T16:00:00Z` });
  await dialog.getByRole("button", { name: "Move it there" }).click();
  await dialog.getByText("The patient has another appointment at this time.").waitFor();
  await examined(page, "a refused move");
  await picture(page, `admin-move-${size}`);
  await dialog.getByRole("alert").getByRole("button", { name: "14:00" }).first().click();
  await said(page, "The appointment is moved to");

  await at(14).waitFor();
  await at(10).click();
  await dialog.getByLabel("Reason (the patient sees it)").fill("The doctor is ill.");
  await dialog.getByRole("button", { name: "Cancel the appointment" }).click();
  await said(page, "The appointment is cancelled.");
  await page.getByLabel("Status").selectOption("Cancelled");
  await page.getByLabel("Patient's number").fill(String(patient.id));
  await shown(page, 1);
  await at(10).click();
  await dialog.getByText("The doctor is ill.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
}

/** What has begun can be marked. Nothing here has: an answer is changed so that the page believes it, and the clinic does not. */
async function marksTooEarly(page, { appointments }) {
  await page.route(`**/appointments/${appointments[2]}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), start_date: "2020-01-01T10:00:00Z" } });
  });
  await page.evaluate((id) => (location.hash = `#/appointments/${id}`), appointments[2]);
  await page.getByRole("button", { name: "The patient came" }).click();
  await page.getByText("The appointment has not started yet.").waitFor();
  await page.getByRole("button", { name: "The patient did not come" }).waitFor();
  await examined(page, "a mark");
  await page.getByRole("button", { name: "Close" }).click();
}

async function changesThePolicy(page, { size }) {
  await follow(page, "Policy");
  const save = () => page.getByRole("button", { name: "Save the policy" }).click();
  const days = page.getByLabel("Days ahead");
  const before = await days.inputValue();
  for (const value of [String(Number(before) + 1), before]) {
    await days.fill(value);
    await save();
    await said(page, "The policy is saved.");
    await follow(page, "Audit trail");
    await follow(page, "Policy");
    assert.equal(await days.inputValue(), value);
  }
  await examined(page, "the policy");
  await picture(page, `admin-policy-${size}`);
  await saysWhatANewZoneDoes(page, save);
  await page.getByLabel("Patients may cancel their own appointments").check();
  await page.getByLabel("Time zone").fill("Mars/Phobos");
  await page.getByLabel("Shortest, in minutes").fill("1500");
  await page.getByLabel("Appointments ahead of a patient").fill("0");
  await save();
  await page.getByText("Nothing is saved yet.").waitFor();
  for (const label of ["Time zone", "Shortest, in minutes", "Appointments ahead of a patient"]) {
    const field = page.getByLabel(label);
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    const described = (await field.getAttribute("aria-describedby")).split(" ");
    assert.match(await page.locator(`[id="${described[1]}"]`).innerText(), /must/);
  }
  assert.ok(await page.getByLabel("Time zone").evaluate((input) => input === document.activeElement));
  await examined(page, "a refused policy");
}

/** As the API would say it: the clinic that all stories share stays where it is. */
async function saysWhatANewZoneDoes(page, save) {
  await page.getByText(/Release of the time zone data: \d{4}[a-z]\./).waitFor();
  const clinic = await page.evaluate(() => fetch("clinic").then((answer) => answer.json()));
  await page.route("**/clinic", (route) =>
    route.request().method() === "PATCH" ? route.fulfill({ json: { ...clinic, moved: 2, outside_hours: 1 } }) : route.continue(),
  );
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await save();
  await said(page, "In the new time zone 2 appointments ahead start at another time of day. 1 appointment ahead is outside");
  await page.unroute("**/clinic");
  await follow(page, "Audit trail");
  await follow(page, "Policy");
}

async function readsTheTrail(page, { id, appointments, size }) {
  await follow(page, "Audit trail");
  const actions = page.getByRole("table").getByRole("rowheader");
  await page.getByLabel("About account (number)").fill(String(id));
  await shown(page, 3);
  assert.deepEqual(await actions.allTextContents(), ["Account activated", "Account deactivated", "Account made"]);
  await page.getByLabel("About account (number)").fill("");
  await page.getByLabel("About appointment (number)").fill(String(appointments[0]));
  await shown(page, 2);
  assert.deepEqual(await actions.allTextContents(), ["Moved", "Booked"]);
  await examined(page, "the trail");
  await picture(page, `admin-audit-${size}`);
  await page.getByLabel("To the day").fill("2020-01-01");
  await said(page, "Nothing like that has been done.");
  await page.getByLabel("To the day").fill("");
  await page.getByLabel("Action").selectOption("Moved");
  await shown(page, 1);
  await page.getByRole("cell", { name: /^Start: .* → / }).waitFor();
}

/** Deactivates the doctor, and cancels what is ahead. */
async function partsWith(page, { doctor }) {
  await follow(page, "Accounts");
  const dialog = await manage(page, doctor);
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByLabel("Cancel all appointments ahead").check();
  await dialog.getByLabel("Reason").fill("The doctor has left.");
  await examined(page, "a deactivation that cancels");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByText("Nothing is booked with the doctor.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
}

/** Every page, as it is for others. */
async function looksElsewhere(open, { date, size }) {
  for (const [how, options, language] of [["dark", { colorScheme: "dark" }, "en"], ["Arabic", {}, "ar"]]) {
    const page = await open({ ...options, timezoneId: "Asia/Kolkata" });
    await signIn(page, PEOPLE.admin);
    await page.getByLabel("Language").selectOption(language);
    await page.locator(`html[lang=${language}]`).waitFor();
    for (const place of [`day/${date}`, `reports/${date}`, "accounts", "appointments", "policy", "audit"]) {
      await page.evaluate((place) => (location.hash = `#/${place}`), place);
      await page.reload();
      await page.locator("main .loaded .loaded[aria-busy=false]").first().waitFor();
      await examined(page, `${place}, ${how}`);
      await picture(page, `admin-${place.split("/")[0]}-${how}-${size}`);
    }
  }
}

story(async ({ open, size, url }) => {
  const name = `${size}-${Date.now()}`;
  const doctor = { name: `Dr. Story ${name}`, email: `${name}@rounds.example` };
  const page = await open();
  await signIn(page, PEOPLE.admin);
  await heading(page, /^The day of all doctors/);
  await follow(page, "Accounts");
  await create(page, { kind: "Doctor", ...doctor, Specialty: "Stories", "About the doctor": "Two\nlines." });

  const told = { open, size, name, doctor, ...(await clinic(url, doctor.email, name)) };
  await page.getByRole("navigation").getByRole("link", { name: "Day", exact: true }).click();
  await looksAtTheDay(page, told);
  await looksAtReports(page, told);
  await sendsAway(page, told);
  await makesAnAdmin(page, told);
  await erases(page, told);
  await changesAppointments(page, told);
  await marksTooEarly(page, told);
  await changesThePolicy(page, told);
  await readsTheTrail(page, told);
  await partsWith(page, told);
  await looksElsewhere(open, told);
  for (const { id } of [told, told.other]) await told.admin("POST", `accounts/${id}/deactivate`);
}, { expected: REFUSED });
