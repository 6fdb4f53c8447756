// An Admin creates accounts, looks at a day and at reports, changes appointments and the policy, and reads the audit log.
const assert = require("node:assert/strict");
const { accessible, picture, signIn, story, PASSWORD, PEOPLE } = require("./support");

const REFUSED = /Failed to load resource: the server responded with a status of (401|409|422)/;

/** Returns a function that calls the API with a token. */
const apiFor = (url, token) => async (method, path, body) => {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return response.headers.get("Content-Type") === "application/json" ? JSON.parse(text) : text;
};
const signedIn = async (url, email) => apiFor(url, await apiFor(url)("POST", "login", { email, password: PASSWORD }));

/** Creates a patient with three appointments of two hours with one doctor, and one with another doctor, on a day in a week. */
async function setUp(url, doctor, name) {
  const admin = await signedIn(url, PEOPLE.admin);
  const email = `${name}-patient@rounds.example`;
  const register = (account_type, name, email) =>
    admin("POST", "register", { account_type, name, email, password: PASSWORD });
  const other = await register("Doctor", `Dr. Other ${name}`, `${name}-other@rounds.example`);
  const patient = await register("Patient", `Patient ${name}`, email);
  await register("Patient", `Stranger ${name}`, `${name}-stranger@rounds.example`);
  const [{ id }] = await admin("GET", `accounts?q=${encodeURIComponent(doctor)}`);
  const date = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  const book = async (doctor, hour) =>
    (await signedIn(url, email))("POST", `doctors/${doctor}/book`, { start_date: `${date}T${hour}:00:00Z`, duration: 120 });
  const appointments = [await book(id, "08"), await book(id, "10"), await book(id, "12")];
  const otherAppointment = await book(other.id, "14");
  return { admin, id, other, patient, date, appointments, otherAppointment };
}

/** Checks a page after it has loaded. */
async function check(page, name) {
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]:not(button)"));
  await accessible(page, name);
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const message = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const shown = (page, count) => message(page, new RegExp(`^${count} shown$`));
const follow = async (page, name) => {
  await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
  await heading(page, name);
};

async function create(page, { accountType, name, email, ...fields }) {
  await page.getByRole("button", { name: "New account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Account type").selectOption(accountType);
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("Initial password").fill(PASSWORD);
  for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text);
  await check(page, "a new account");
  await dialog.getByRole("button", { name: "Create account" }).click();
  await message(page, `The account of ${name} has been created.`);
}

/** Finds an account, and opens the dialog with its actions. */
async function manage(page, { name, email }) {
  await page.getByLabel("Name or email address").fill(email);
  await page.getByRole("button", { name: `Manage ${name}` }).click();
  return page.getByRole("dialog");
}

async function looksAtDay(page, { date, doctor, size }) {
  await page.getByLabel("Date", { exact: true }).fill(date);
  await page.getByLabel("Find a doctor").fill(doctor.name);
  const row = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: doctor.name }) });
  await row.getByText("360 min booked").waitFor();
  await row.getByText("3 appointments").waitFor();
  await row.getByText("120 min available").waitFor();
  await row.getByRole("button").nth(2).waitFor();
  await check(page, "the day");
  await picture(page, `admin-day-${size}`);
  await page.getByLabel("Show", { exact: true }).selectOption("Doctors with appointments");
  await row.waitFor();
  await page.getByRole("button", { name: "Next day" }).click();
  await page.getByText("No doctors found.").waitFor();
  await page.getByLabel("Show", { exact: true }).selectOption("Doctors with available time");
  await row.getByText("480 min available").waitFor();
  await page.getByRole("button", { name: "Previous day" }).click();
  await row.getByRole("button").first().click();
  await page.getByRole("dialog").getByText(doctor.name).waitFor();
  await check(page, "an appointment");
  await page.getByRole("button", { name: "Close" }).click();
}

async function looksAtReports(page, { date, doctor, size }) {
  await follow(page, "Reports");
  await page.getByLabel("Date", { exact: true }).fill(date);
  const row = (caption) => page.getByRole("table", { name: caption }).getByRole("row", { name: doctor.name });
  const numbers = (caption) => row(caption).getByRole("cell").allTextContents();
  await row("Doctors with six booked hours or more").waitFor();
  assert.deepEqual(await numbers("Doctors by number of appointments, most first"), ["3", "360"]);
  assert.deepEqual(await numbers("Doctors with six booked hours or more"), ["360", "3"]);
  await check(page, "the reports");
  await picture(page, `admin-reports-${size}`);
}

/** Deactivates the doctor, sees the booked appointments, and activates the doctor again. */
async function deactivatesAndActivates(page, { doctor, size }) {
  await follow(page, "Accounts");
  const dialog = await manage(page, doctor);
  await check(page, "an account");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await check(page, "a deactivation");
  await dialog.getByRole("button", { name: "Back" }).click();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByText("These appointments are still booked.").waitFor();
  assert.equal(await dialog.getByRole("link").count(), 3);
  await check(page, "the appointments that are still booked");
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("Status").selectOption("Deactivated");
  await page.getByRole("row", { name: doctor.name }).getByRole("cell", { name: "Deactivated" }).waitFor();
  await check(page, "the accounts");
  await picture(page, `admin-accounts-${size}`);
  await (await manage(page, doctor)).getByRole("button", { name: "Activate" }).click();
  await message(page, `${doctor.name} has been activated.`);
  await page.getByLabel("Status").selectOption("All");
}

/** Creates another Admin and sets a new password. The other Admin signs in with it, and is then deactivated. */
async function managesOtherAdmin(page, { open, name }) {
  const admin = { name: `Admin ${name}`, email: `${name}-admin@rounds.example` };
  await create(page, { accountType: "Admin", ...admin });
  const dialog = await manage(page, admin);
  await dialog.getByRole("button", { name: "Set a new password" }).click();
  await dialog.getByLabel("New password").fill("another-password");
  await check(page, "a new password");
  await dialog.getByRole("button", { name: "Set a new password" }).click();
  await message(page, `${admin.name} has a new password.`);

  const otherPage = await open();
  await signIn(otherPage, admin.email, "another-password");
  await follow(otherPage, "Accounts");
  await otherPage.getByLabel("Name or email address").fill(admin.email);
  await otherPage.getByRole("row", { name: admin.name }).getByRole("link", { name: "Your account" }).waitFor();
  assert.equal(await otherPage.getByRole("button", { name: `Manage ${admin.name}` }).count(), 0);

  const again = await manage(page, admin);
  await again.getByRole("button", { name: "Deactivate" }).click();
  await again.getByRole("button", { name: "Deactivate" }).click();
  await message(page, `${admin.name} has been deactivated.`);
  await otherPage.getByRole("link", { name: "Policy" }).click();
  await otherPage.getByLabel("Name of the clinic").waitFor();
  await otherPage.getByRole("link", { name: "Audit log" }).click();
  await otherPage.getByText("Your session has ended.").waitFor();
}

/** Erases a patient. A patient with booked appointments cannot be erased. */
async function erasesPatient(page, { patient, name }) {
  const stranger = { name: `Stranger ${name}`, email: `${name}-stranger@rounds.example` };
  for (const person of [patient, stranger]) {
    const dialog = await manage(page, person);
    await dialog.getByRole("button", { name: "Erase" }).click();
    const email = dialog.getByLabel(`Type ${person.email} to confirm`);
    await email.fill("somebody else");
    await dialog.getByRole("button", { name: "Erase" }).click();
    assert.ok(await email.evaluate((input) => !input.validity.valid));
    await email.fill(person.email);
    await check(page, "an erasure");
    await dialog.getByRole("button", { name: "Erase" }).click();
    if (person === stranger) break;
    await dialog.getByText("The patient has booked appointments.").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
  }
  await message(page, "The account has been erased.");
}

async function changesAppointments(page, { admin, otherAppointment, doctor, date, patient, size }) {
  await follow(page, "Appointments");
  await page.getByLabel("Date").fill(date);
  await page.getByLabel("Doctor", { exact: true }).selectOption(doctor.name);
  const at = (hour) => page.getByRole("button", { name: new RegExp(`^Open .*\\b${hour}:00$`) });
  await shown(page, 3);
  await check(page, "the appointments");
  await picture(page, `admin-appointments-${size}`);

  await at(8).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(patient.name).waitFor();
  // Without 14:00, when the patient has another appointment, and without the current time.
  const times = dialog.getByLabel("Available times");
  await times.getByRole("option").first().waitFor({ state: "attached" });
  assert.deepEqual(await times.getByRole("option").allTextContents(), ["16:00"]);
  await dialog.getByLabel("Length in minutes").fill("60");
  await dialog.getByLabel("Length in minutes").blur();
  await times.getByRole("option", { name: "08:15" }).waitFor({ state: "attached" });
  await dialog.getByLabel("Length in minutes").fill("120");
  await dialog.getByLabel("Length in minutes").blur();
  await times.getByRole("option", { name: "08:15" }).waitFor({ state: "detached" });
  // Meanwhile the patient's other appointment is rescheduled to that time.
  await admin("POST", `appointments/${otherAppointment}/reschedule`, { start_date: `${date}T16:00:00Z` });
  await dialog.getByRole("button", { name: "Reschedule", exact: true }).click();
  await dialog.getByText("The patient has another appointment at this time.").waitFor();
  await check(page, "a refused rescheduling");
  await picture(page, `admin-reschedule-${size}`);
  await dialog.getByRole("alert").getByRole("button", { name: "14:00" }).first().click();
  await message(page, "The appointment has been rescheduled to");

  await at(14).waitFor();
  await at(10).click();
  await dialog.getByLabel("Reason (optional; the patient, their doctors and the clinic can read it)").fill("The doctor is ill.");
  await dialog.getByRole("button", { name: "Cancel appointment" }).click();
  await message(page, "The appointment has been cancelled.");
  await page.getByLabel("Status").selectOption("Cancelled");
  await page.getByLabel("Patient's account number").fill(String(patient.id));
  await shown(page, 1);
  await at(10).click();
  await dialog.getByText("The doctor is ill.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
}

/**
 * Marks an appointment that has not started. A changed response makes the page show it as started. The API refuses the
 * mark.
 */
async function marksTooEarly(page, { appointments }) {
  await page.route(`**/appointments/${appointments[2]}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), start_date: "2020-01-01T10:00:00Z" } });
  });
  await page.evaluate((id) => (location.hash = `#/appointments/${id}`), appointments[2]);
  await page.getByRole("button", { name: "Mark as done" }).click();
  await page.getByText("The appointment has not started yet.").waitFor();
  await page.getByRole("button", { name: "Mark as no-show" }).waitFor();
  await check(page, "a mark");
  await page.getByRole("button", { name: "Close" }).click();
}

async function changesPolicy(page, { size }) {
  await follow(page, "Policy");
  const save = () => page.getByRole("button", { name: "Save policy" }).click();
  const days = page.getByLabel("How many days ahead can be booked");
  const before = await days.inputValue();
  for (const value of [String(Number(before) + 1), before]) {
    await days.fill(value);
    await save();
    await message(page, "The policy has been saved.");
    await follow(page, "Audit log");
    await follow(page, "Policy");
    assert.equal(await days.inputValue(), value);
  }
  await check(page, "the policy");
  await picture(page, `admin-policy-${size}`);
  await changesTimeZone(page, save);
  await changesMessages(page, save, size);
  await page.getByLabel("Patients can cancel their own appointments").check();
  await page.getByLabel("Time zone").fill("Mars/Phobos");
  await page.getByLabel("Shortest appointment, in minutes").fill("1500");
  await page.getByLabel("Maximum upcoming appointments per patient").fill("0");
  await page.getByLabel("Email address", { exact: true }).fill("no address");
  await page.getByLabel("Reminders, in minutes before the start").fill("60, soon");
  await page.getByLabel("Send no reminders in quiet hours").check();
  await page.getByLabel("Start of the quiet hours").fill("07:00");
  await save();
  await page.getByText("The policy has not been saved.").waitFor();
  const refused = [
    "Time zone", "Shortest appointment, in minutes", "Maximum upcoming appointments per patient", "Email address",
    "Reminders, in minutes before the start", "End of the quiet hours",
  ];
  for (const label of refused) {
    const field = page.getByLabel(label, { exact: true });
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    const described = (await field.getAttribute("aria-describedby")).split(" ");
    assert.match(await page.locator(`[id="${described[1]}"]`).innerText(), /must|Enter/);
  }
  assert.ok(await page.getByLabel("Time zone").evaluate((input) => input === document.activeElement));
  await check(page, "a refused policy");
}

/** Sets the contact and the policy for messages, finds them again, and restores them. All stories share the clinic. */
async function changesMessages(page, save, size) {
  const texts = [
    ["Phone number", "030 123 456"], ["Email address", "info@clinic.example"], ["Address", "Main Street 1\nBerlin"],
    ["Reminders, in minutes before the start", "2880, 60"],
  ];
  const boxes = ["Send no reminders in quiet hours", "Patients can reschedule their own appointments"];
  const field = (label) => page.getByLabel(label, { exact: true });
  const before = await Promise.all(texts.map(([label]) => field(label).inputValue()));
  const saved = async () => {
    await save();
    await message(page, "The policy has been saved.");
    await follow(page, "Audit log");
  };
  for (const [label, value] of texts) await field(label).fill(value);
  for (const label of boxes) await field(label).check();
  await field("End of the quiet hours").fill("06:30");
  await field(/^Language of messages/).selectOption("العربية");
  await saved();
  await page.getByRole("cell", { name: /Quiet hours: \(empty\) → 21:00–06:30/ }).first().waitFor();
  await follow(page, "Policy");
  for (const [label, value] of texts) assert.equal(await field(label).inputValue(), value);
  assert.equal(await field("Start of the quiet hours").inputValue(), "21:00");
  assert.equal(await field("End of the quiet hours").inputValue(), "06:30");
  assert.equal(await field("Rescheduling notice, in minutes before the start").inputValue(), "1440");
  await check(page, "the policy for messages");
  await picture(page, `admin-policy-messages-${size}`, { fullPage: true });

  for (const [index, [label]] of texts.entries()) await field(label).fill(before[index]);
  for (const label of boxes) await field(label).uncheck();
  await field(/^Language of messages/).selectOption("English");
  await saved();
  await page.getByRole("cell", { name: /Quiet hours: 21:00–06:30 → \(empty\)/ }).first().waitFor();
  await follow(page, "Policy");
  assert.equal(await field("Send no reminders in quiet hours").isChecked(), false);
  assert.equal(await field("Phone number").inputValue(), before[0]);
}

/** Shows how a new time zone affects appointments. The response is simulated, because all stories share the clinic. */
async function changesTimeZone(page, save) {
  await page.getByText(/Version of the time zone rules: \d{4}[a-z]\./).waitFor();
  const clinic = await page.evaluate(() => fetch("clinic").then((response) => response.json()));
  await page.route("**/clinic", (route) =>
    route.request().method() === "PATCH" ? route.fulfill({ json: { ...clinic, moved: 2, outside_hours: 1 } }) : route.continue(),
  );
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await save();
  await message(page, "In the new time zone, 2 upcoming appointments start at a different time of day. 1 upcoming appointment is outside");
  await page.unroute("**/clinic");
  await follow(page, "Audit log");
  await follow(page, "Policy");
}

async function readsAuditLog(page, { id, appointments, size }) {
  await follow(page, "Audit log");
  const actions = page.getByRole("table").getByRole("rowheader");
  await page.getByLabel("Account number", { exact: true }).fill(String(id));
  await shown(page, 3);
  assert.deepEqual(await actions.allTextContents(), ["Account activated", "Account deactivated", "Account created"]);
  await page.getByLabel("Account number", { exact: true }).fill("");
  await page.getByLabel("Appointment number").fill(String(appointments[0]));
  await shown(page, 2);
  assert.deepEqual(await actions.allTextContents(), ["Appointment rescheduled", "Appointment booked"]);
  await check(page, "the audit log");
  await picture(page, `admin-audit-${size}`);
  await page.getByLabel("To date").fill("2020-01-01");
  await message(page, "No entries found.");
  await page.getByLabel("To date").fill("");
  await page.getByLabel("Action").selectOption("Appointment rescheduled");
  await shown(page, 1);
  await page.getByRole("cell", { name: /^Start: .* → / }).waitFor();
}

/** Deactivates the doctor, and cancels all upcoming appointments. */
async function deactivatesAndCancels(page, { doctor }) {
  await follow(page, "Accounts");
  const dialog = await manage(page, doctor);
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByLabel("Cancel all upcoming appointments").check();
  await dialog.getByLabel("Reason").fill("The doctor has left.");
  await check(page, "a deactivation that cancels");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByText("The doctor has no upcoming appointments.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
}

/** Checks all pages in another time zone: in dark mode, and in Arabic. */
async function otherSettings(open, { date, size }) {
  for (const [setting, options, language] of [["dark", { colorScheme: "dark" }, "en"], ["Arabic", {}, "ar"]]) {
    const page = await open({ ...options, timezoneId: "Asia/Kolkata" });
    await signIn(page, PEOPLE.admin);
    await page.getByLabel("Language", { exact: true }).selectOption(language);
    await page.locator(`html[lang=${language}]`).waitFor();
    for (const route of [`day/${date}`, `reports/${date}`, "accounts", "appointments", "policy", "audit"]) {
      await page.evaluate((route) => (location.hash = `#/${route}`), route);
      await page.reload();
      await page.locator("main .loaded .loaded[aria-busy=false]").first().waitFor();
      await check(page, `${route}, ${setting}`);
      await picture(page, `admin-${route.split("/")[0]}-${setting}-${size}`);
    }
  }
}

story(async ({ open, size, url }) => {
  const name = `${size}-${Date.now()}`;
  const doctor = { name: `Dr. Story ${name}`, email: `${name}@rounds.example` };
  const page = await open();
  await signIn(page, PEOPLE.admin);
  await heading(page, /^All doctors/);
  await follow(page, "Accounts");
  await create(page, { accountType: "Doctor", ...doctor, Specialty: "Stories", "About the doctor": "Two\nlines." });

  const scene = { open, size, name, doctor, ...(await setUp(url, doctor.email, name)) };
  await page.getByRole("navigation").getByRole("link", { name: "Day", exact: true }).click();
  await looksAtDay(page, scene);
  await looksAtReports(page, scene);
  await deactivatesAndActivates(page, scene);
  await managesOtherAdmin(page, scene);
  await erasesPatient(page, scene);
  await changesAppointments(page, scene);
  await marksTooEarly(page, scene);
  await changesPolicy(page, scene);
  await readsAuditLog(page, scene);
  await deactivatesAndCancels(page, scene);
  await otherSettings(open, scene);
  for (const { id } of [scene, scene.other]) await scene.admin("POST", `accounts/${id}/deactivate`);
}, { expected: REFUSED });
