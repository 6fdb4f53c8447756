// An Admin creates accounts, looks at reports, changes the policy, and reads the audit log.
const assert = require("node:assert/strict");
const { accessible, addressOf, picture, signedIn, signIn, story, PASSWORD, PEOPLE } = require("./support");

const REFUSED = /Failed to load resource: the server responded with a status of (401|404|409|422|503)/;

/** Creates a patient with three appointments of two hours with a doctor, on a day in a week. */
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
  const asPatient = await signedIn(url, email);
  const appointments = [];
  for (const hour of ["08", "10", "12"]) {
    appointments.push(await asPatient("POST", `doctors/${id}/book`, { start_date: `${date}T${hour}:00:00Z`, duration: 120 }));
  }
  return { admin, id, other, patient, date, appointments };
}

/** Checks a page after it has loaded. */
async function check(page, name) {
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]:not(button)"));
  await accessible(page, name);
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const message = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const follow = async (page, name, link = name) => {
  await page.getByRole("navigation").getByRole("link", { name: link, exact: true }).click();
  await heading(page, name);
};

/** Fills in the dialog for a new account. */
async function fillIn(page, { accountType, name, email, ...fields }) {
  await page.getByRole("button", { name: "New account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("group", { name: "Account type" }).getByRole("button", { name: accountType }).click();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("Initial password").fill(PASSWORD);
  for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text);
  return dialog;
}

async function create(page, account) {
  const dialog = await fillIn(page, account);
  await check(page, "a new account");
  await dialog.getByRole("button", { name: "Create account" }).click();
  await message(page, `The account of ${account.name} has been created.`);
  await dialog.waitFor({ state: "detached" });
}

/** Creates a doctor with chosen hours. The hours of another doctor cannot be saved: the account exists, and its page has them. */
async function createsWithHours(page, { admin, name, size }) {
  const doctor = (which) => ({ accountType: "Doctor", name: `Dr. ${which} ${name}`, email: `${name}-${which}@rounds.example` });
  const chooseHours = async (dialog) => {
    await dialog.getByRole("button", { name: "Choose hours" }).click();
    await dialog.getByLabel("Friday").uncheck();
    await dialog.getByLabel("From", { exact: true }).fill("09:30");
    await dialog.getByLabel("To", { exact: true }).fill("16:00");
  };
  const early = doctor("Early");
  const dialog = await fillIn(page, early);
  await chooseHours(dialog);
  await check(page, "the hours of a new doctor");
  await picture(page, `admin-new-account-${size}`);
  await dialog.getByRole("button", { name: "Create account" }).click();
  await dialog.waitFor({ state: "detached" });
  const [{ id }] = await admin("GET", `accounts?q=${encodeURIComponent(early.email)}`);
  const days = ["Mon", "Tue", "Wed", "Thu"].map((weekday) => ({ weekday, start: "09:30", end: "16:00" }));
  assert.deepEqual(await admin("GET", `doctors/${id}/working_hours`), days);

  const late = doctor("Late");
  const problem = { type: "/problems/unconfirmed", title: "", status: 503, detail: "English", request_id: "" };
  await page.route("**/working_hours", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", json: problem }));
  await chooseHours(await fillIn(page, late));
  await page.getByRole("dialog").getByRole("button", { name: "Create account" }).click();
  await page.getByRole("dialog").getByText("but the working hours have not been saved").waitFor();
  await page.getByRole("dialog").getByText("The connection was lost.").waitFor();
  await check(page, "hours that could not be saved");
  await page.unroute("**/working_hours");
  await page.getByRole("dialog").getByRole("link", { name: "Profile, working hours and time off" }).click();
  await heading(page, late.name);
  await page.getByRole("heading", { name: "Working hours" }).waitFor();
  await page.goBack();
  await heading(page, "Accounts");
}

/** The filters are in the address: the back button, a reload and a new tab keep them. A new tab takes the session too. */
async function keepsFilters(page, { doctor, size }) {
  const search = (page) => page.getByLabel("Name or email address");
  const link = (page) => page.getByRole("table").getByRole("link", { name: doctor.name });
  await page.getByRole("group", { name: "Account type" }).getByRole("button", { name: "Doctors" }).click();
  await search(page).fill(doctor.email);
  await message(page, /^1 account$/);
  await link(page).click();
  await heading(page, doctor.name);
  await page.getByLabel("Specialty").waitFor();
  await check(page, "the page of a doctor");
  await picture(page, `admin-doctor-${size}`, { fullPage: true });
  await page.goBack();
  await heading(page, "Accounts");
  await link(page).waitFor();
  assert.equal(await search(page).inputValue(), doctor.email);
  assert.equal(await page.getByRole("button", { name: "Doctors" }).getAttribute("aria-pressed"), "true");
  await page.reload();
  await link(page).waitFor();
  assert.equal(await search(page).inputValue(), doctor.email);

  const tab = await page.context().newPage();
  await tab.goto(await link(page).evaluate((link) => link.href));
  await heading(tab, doctor.name);
  await tab.close();
  await page.getByRole("group", { name: "Account type" }).getByRole("button", { name: "All" }).click();
  await search(page).fill("");
  await page.waitForFunction(() => location.hash === "#/accounts");
}

/** Finds an account, and opens the dialog with its actions. */
async function manage(page, { name, email }) {
  await page.getByLabel("Name or email address").fill(email);
  await page.getByRole("button", { name: `Manage ${name}` }).click();
  return page.getByRole("dialog");
}

async function looksAtReports(page, { date, doctor, size }) {
  await follow(page, /^Reports/, "Reports");
  await page.getByLabel("Date", { exact: true }).fill(date);
  const row = (caption) => page.getByRole("table", { name: caption }).getByRole("row", { name: doctor.name });
  const numbers = (caption) => row(caption).getByRole("cell").allTextContents();
  await row("Doctors with six booked hours or more").waitFor();
  assert.deepEqual(await numbers("Doctors by number of appointments, most first"), ["3", "360"]);
  assert.deepEqual(await numbers("Doctors with six booked hours or more"), ["360", "3"]);
  await check(page, "the reports");
  await picture(page, `admin-reports-${size}`);
  await page.reload();
  await row("Doctors with six booked hours or more").waitFor();
}

/** Deactivates the doctor, sees the booked appointments, and activates the doctor again. */
async function deactivatesAndActivates(page, { doctor, id, size }) {
  await follow(page, "Accounts");
  const dialog = await manage(page, doctor);
  await check(page, "an account");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await check(page, "a deactivation");
  await dialog.getByRole("button", { name: "Back" }).click();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByText("3 appointments are still booked.").waitFor();
  assert.equal(await dialog.getByRole("listitem").count(), 3);
  await check(page, "the appointments that are still booked");
  await dialog.getByRole("link", { name: "View appointments" }).click();
  await heading(page, "Appointments");
  const address = await addressOf(page);
  assert.ok(address.endsWith(`#/appointments?doctor=${id}&status=Booked`), address);
  await page.getByRole("table").getByRole("row").nth(3).waitFor();
  await page.goBack();
  await heading(page, "Accounts");
  await page.getByLabel("Status").selectOption("Deactivated");
  await page.getByRole("row", { name: doctor.name }).getByRole("cell", { name: "Deactivated" }).waitFor();
  await check(page, "the accounts");
  await picture(page, `admin-accounts-${size}`);
  // The API has no profile of a deactivated doctor.
  await page.getByRole("table").getByRole("link", { name: doctor.name }).click();
  await page.getByText("There is no active doctor at this address.").waitFor();
  await check(page, "the page of a deactivated doctor");
  await page.goBack();
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
  // The search starts when the user stops typing. Later, it would end the session of the deactivated account.
  await otherPage.getByText("1 account", { exact: true }).waitFor();
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
    await dialog.getByRole("button", { name: "Close" }).click();
  }
  await message(page, "The account has been erased.");
}

/** Creates an appointment type that one doctor offers, changes it, and turns it off. */
async function managesTypes(page, { admin, id, name, doctor, size }) {
  await follow(page, "Appointment types");
  const dialog = page.getByRole("dialog");
  const title = `Check-up ${name}`;
  const row = page.getByRole("row").filter({ hasText: title });
  const saved = async () => (await admin("GET", "appointment_types")).find((type) => type.name === title);
  await page.getByRole("button", { name: "New appointment type" }).click();
  await dialog.getByLabel("Name").fill(title);
  await dialog.getByLabel("Length in minutes").fill("45");
  await dialog.getByText("The doctor stays free for this time").waitFor();
  await dialog.getByLabel("Minutes before").fill("5");
  await dialog.getByLabel("Minutes after").fill("10");
  await dialog.getByRole("button", { name: "Choose doctors" }).click();
  await dialog.getByText("No doctor is chosen: nobody offers this type.").waitFor();
  await dialog.getByLabel(doctor.name).check();
  await dialog.getByText("1 doctor is chosen.").waitFor();
  await check(page, "a new appointment type");
  await picture(page, `admin-type-${size}`);
  await dialog.getByRole("button", { name: "Create appointment type" }).click();
  await message(page, `The appointment type ${title} has been created.`);
  await row.getByText("5 min before, 10 min after").waitFor();
  await row.getByText(doctor.name).waitFor();
  await check(page, "the appointment types");
  await picture(page, `admin-types-${size}`);
  const { id: type, ...created } = await saved();
  const expected = { name: title, duration: 45, buffer_before: 5, buffer_after: 10, bookable_by: "Anyone", active: true, doctors: [id] };
  assert.deepEqual(created, expected);

  await page.getByRole("button", { name: `Change ${title}` }).click();
  await dialog.getByLabel("Minutes before").fill("0");
  await dialog.getByLabel("Who may book").selectOption("Only the clinic");
  await dialog.getByRole("button", { name: "All doctors" }).click();
  await dialog.getByLabel("This type can be booked").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await message(page, `The appointment type ${title} has been changed.`);
  await row.getByText("Not in use").waitFor();
  assert.deepEqual(await saved(), { ...expected, id: type, buffer_before: 0, bookable_by: "Staff", active: false, doctors: null });
  await follow(page, "Audit log");
  const entry = page.getByRole("row").filter({ hasText: "Appointment type changed" }).first();
  await entry.getByText("Who may book: Patients and the clinic → Only the clinic").waitFor();
}

/** Saves the policy, and waits for the answer: the message of an earlier change may still be there. */
async function savesPolicy(page) {
  const answered = page.waitForResponse((response) => response.request().method() === "PATCH");
  await page.getByRole("button", { name: "Save policy" }).click();
  await answered;
  await page.locator("button[aria-disabled=true]").waitFor({ state: "detached" });
}

async function changesPolicy(page, { size }) {
  await follow(page, "Policy");
  const save = () => savesPolicy(page);
  for (const label of ["Days that can be booked ahead", "Booking notice, in minutes before the start"]) {
    const number = page.getByLabel(label);
    const before = await number.inputValue();
    for (const value of [String(Number(before) + 1), before]) {
      await number.fill(value);
      await save();
      await message(page, "The policy has been saved.");
      await follow(page, "Audit log");
      await follow(page, "Policy");
      assert.equal(await number.inputValue(), value);
    }
  }
  await check(page, "the policy");
  await picture(page, `admin-policy-${size}`);
  await renamesClinic(page, save);
  await keepsEdits(page);
  await changesTimeZone(page, save);
  await changesMessages(page, save, size);
  const shortest = page.getByLabel("Shortest appointment, in minutes");
  const allowed = await shortest.inputValue();
  await shortest.fill("1440");
  await save();
  await page.getByText("The shortest appointment must not be longer than the longest.").waitFor();
  assert.ok(await shortest.evaluate((input) => input === document.activeElement && input.ariaInvalid === "true"));
  await shortest.fill(allowed);
  await page.getByLabel("Time zone").fill("Mars/Phobos");
  await page.getByLabel("Email address", { exact: true }).fill("no address");
  await page.getByLabel("Reminders, in minutes before the start").fill("60, soon");
  await page.getByLabel("Send no reminders in quiet hours").check();
  await page.getByLabel("Start of the quiet hours").fill("07:00");
  await page.getByLabel("End of the quiet hours").fill("07:00");
  await save();
  await page.getByText("Something that you entered is not valid.").waitFor();
  const refused = [
    "Time zone", "Email address", "Reminders, in minutes before the start", "End of the quiet hours",
  ];
  for (const label of refused) {
    const field = page.getByLabel(label, { exact: true });
    assert.equal(await field.getAttribute("aria-invalid"), "true", label);
    const described = (await field.getAttribute("aria-describedby")).split(" ");
    assert.match(await page.locator(`[id="${described[1]}"]`).innerText(), /must|Enter|Choose another/, label);
  }
  assert.ok(await page.getByLabel("Time zone").evaluate((input) => input === document.activeElement));
  assert.equal(await page.locator("main [lang=en]").count(), 0);
  await check(page, "a refused policy");
  // The limits of a number are in its hint, and the browser does not accept others.
  const most = page.getByLabel("Maximum upcoming appointments per patient");
  await most.fill("0");
  assert.ok(await most.evaluate((input) => !input.validity.valid));
  await page.getByText("An account that has this many cannot book another one. Appointments of its family count too. From 1 to 10,000.").waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await follow(page, "Audit log");
}

/** The new name is shown everywhere without a reload. */
async function renamesClinic(page, save) {
  const name = page.getByLabel("Name of the clinic");
  const before = await name.inputValue();
  await page.evaluate(() => (window.isSamePage = true));
  for (const value of [`${before} and Partners`, before]) {
    await name.fill(value);
    await save();
    await page.getByRole("banner").getByText(value, { exact: true }).waitFor();
    await page.getByRole("contentinfo").getByText(value, { exact: true }).waitFor();
    await page.waitForFunction((name) => document.title.endsWith(name), value);
  }
  assert.ok(await page.evaluate(() => window.isSamePage));
}

/** The page asks before edits are lost. */
async function keepsEdits(page) {
  const step = page.getByLabel("Minutes between available times");
  const before = await step.inputValue();
  await step.fill("7");
  const asked = page.waitForEvent("dialog").then(async (dialog) => {
    assert.match(dialog.message(), /You have changes that are not saved/);
    await dialog.dismiss();
  });
  await page.getByRole("navigation").getByRole("link", { name: "Messages" }).click();
  await asked;
  await heading(page, "Policy");
  assert.equal(await step.inputValue(), "7");
  page.once("dialog", (dialog) => dialog.accept());
  await follow(page, "Audit log");
  await follow(page, "Policy");
  assert.equal(await step.inputValue(), before);
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

async function readsAuditLog(page, { appointments, doctor, size }) {
  await follow(page, "Audit log");
  const actions = page.getByRole("table").getByRole("rowheader");
  const account = page.getByLabel("Account", { exact: true });
  await account.fill(doctor.email);
  await page.getByRole("listbox").getByRole("option", { name: doctor.name }).click();
  await message(page, /^3 entries$/);
  assert.deepEqual(await actions.allTextContents(), ["Account activated", "Account deactivated", "Account created"]);
  assert.equal(await account.getAttribute("placeholder"), doctor.name);
  // After a reload, the name comes from the entries.
  await page.reload();
  await message(page, /^3 entries$/);
  assert.equal(await account.getAttribute("placeholder"), doctor.name);
  await check(page, "the audit log");
  await picture(page, `admin-audit-${size}`);
  await page.getByRole("button", { name: `Remove ${doctor.name}` }).click();
  await page.waitForFunction(() => location.hash === "#/audit");
  await page.evaluate((id) => (location.hash = `#/audit?appointment=${id}`), appointments[0]);
  await message(page, /^1 entry$/);
  assert.deepEqual(await actions.allTextContents(), ["Appointment booked"]);
  await page.getByLabel("To date").fill("2020-01-01");
  await page.getByText("No entries found.").waitFor();
  await page.getByLabel("To date").fill("");
  await page.getByRole("button", { name: "Remove filter: one appointment" }).click();
  await page.getByLabel("Action").selectOption("Account deactivated");
  await page.getByRole("cell", { name: /Can sign in: yes → no/ }).first().waitFor();
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
  await dialog.getByText("The doctor has no booked appointments.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
}

/** Checks all pages in another time zone: in dark mode, and in Arabic. */
async function otherSettings(open, { date, other, size }) {
  for (const [setting, options, language] of [["dark", { colorScheme: "dark" }, "en"], ["Arabic", {}, "ar"]]) {
    const page = await open({ ...options, timezoneId: "Asia/Kolkata" });
    await signIn(page, PEOPLE.admin);
    await page.getByLabel("Language", { exact: true }).selectOption(language);
    await page.locator(`html[lang=${language}]`).waitFor();
    for (const route of [`reports?date=${date}`, "accounts", `doctors/${other.id}`, "messages", "policy", "types", "audit"]) {
      await page.evaluate((route) => (location.hash = `#/${route}`), route);
      await page.reload();
      await page.locator("main h1").waitFor();
      await page.waitForLoadState("networkidle");
      await check(page, `${route}, ${setting}`);
      await picture(page, `admin-${route.split(/[/?]/)[0]}-${setting}-${size}`);
    }
  }
}

story(async ({ open, size, url }) => {
  const name = `${size}-${Date.now()}`;
  const doctor = { name: `Dr. Story ${name}`, email: `${name}@rounds.example` };
  const page = await open();
  await signIn(page, PEOPLE.admin);
  await follow(page, "Accounts");
  await create(page, { accountType: "Doctor", ...doctor, Specialty: "Stories", "About the doctor": "Two\nlines." });

  const scene = { open, size, name, doctor, ...(await setUp(url, doctor.email, name)) };
  await createsWithHours(page, scene);
  await keepsFilters(page, scene);
  await looksAtReports(page, scene);
  await deactivatesAndActivates(page, scene);
  await managesOtherAdmin(page, scene);
  await erasesPatient(page, scene);
  await managesTypes(page, scene);
  await changesPolicy(page, scene);
  await readsAuditLog(page, scene);
  await deactivatesAndCancels(page, scene);
  await otherSettings(open, scene);
  for (const { id } of [scene, scene.other]) await scene.admin("POST", `accounts/${id}/deactivate`);
}, { sizes: ["phone", "desktop"], expected: REFUSED });
