// A mother registers, adds her child, and books for both at one time with two doctors, where patients choose a type of
// appointment. She sees, moves and cancels the child's appointment.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, PASSWORD } = require("./support");
const { CLINIC, DATE, setUp, timeOn, visit } = require("./scene");

const VISIT = "First visit and examination";
const CHILD = "Mia Berg";
const RENAMED = "Mia Sofie Berg";
const NOTE = "She has had a cough for two weeks.";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const cards = (page) => page.getByRole("main").getByRole("listitem").filter({ has: page.getByRole("heading", { level: 3 }) });
const who = (page) => page.getByLabel("Who is it for?");
const type = (page) => page.getByLabel("Appointment type");
const dialogOf = (page) => page.getByRole("dialog", { name: "Book this appointment?" });

/** Two doctors who offer a type for patients, one of them two types, and one whose type only the clinic books. */
async function setUpTypes(url, size) {
  const scene = await setUp(url, size);
  const { call, admin } = scene;
  const doctor = async (name) => {
    const email = `${name.split(" ").at(-1).toLowerCase()}-${size}-${crypto.randomUUID()}@rounds.example`;
    const account = { name: `${name} ${size}`, email, password: PASSWORD, account_type: "Doctor", specialty: "Family medicine" };
    return call("POST", "register", { token: admin, ...account });
  };
  const [clara, jonas] = [await doctor("Dr. Clara Weber"), await doctor("Dr. Jonas Falk")];
  const create = (type) => call("POST", "appointment_types", { token: admin, ...type });
  const offered = { bookable_by: "Anyone", buffer_after: 15 };
  const types = [
    await create({ ...offered, name: VISIT, duration: 45, doctors: [clara.id, jonas.id] }),
    await create({ ...offered, name: "Check-up", duration: 30, doctors: [clara.id] }),
    await create({ ...offered, name: "Small operation", duration: 60, bookable_by: "Staff", doctors: null }),
  ];
  const changeType = ({ id }, changes) => call("PATCH", `appointment_types/${id}`, { token: admin, ...changes });
  const restore = async () => {
    for (const one of types) await changeType(one, { active: false });
    for (const { id } of [clara, jonas]) await call("POST", `accounts/${id}/deactivate`, { token: admin, appointments: "cancel" });
    await scene.deactivate();
    await scene.restoreClinic();
  };
  return { ...scene, clara, jonas, types, changeType, restore, mother: `anna-${size}-${crypto.randomUUID()}@rounds.example` };
}

async function registers(page, { mother }) {
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Anna Berg");
  await page.getByLabel("Email").fill(mother);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Date of birth").fill("1988-04-02");
  await accessible(page, "a registration");
  await button(page, "Create account").click();
  await button(page, "Sign out").waitFor();
  // Without a family there is nobody to choose.
  await cards(page).first().waitFor();
  assert.equal(await who(page).count(), 0);
}

/** Adds the child, with an error of the date, and changes the name. */
async function addsChild(page, { size }) {
  await visit(page, "account");
  await heading(page, "Your account");
  assert.equal(await page.getByLabel("Date of birth").inputValue(), "1988-04-02");
  await button(page, "Add a person").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(CHILD);
  await dialog.getByLabel("Date of birth").fill("2019-05-03");
  await accessible(page, "a new dependant");
  await picture(page, `family-add-${size}`);
  await button(dialog, "Add a person").click();
  await status(page, `${CHILD} has been added.`);
  const family = page.getByRole("list", { name: "My family" });
  await family.getByText("Born on 3 May 2019").waitFor();
  await button(page, `Change ${CHILD}`).click();
  await dialog.getByLabel("Name").fill(RENAMED);
  await button(dialog, "Save").click();
  await family.getByText(RENAMED).waitFor();
  await page.getByText("To remove a person, call the clinic.").waitFor();
  await accessible(page, "a family");
  await picture(page, `family-account-${size}`, { fullPage: true });
}

/** The start page has the types in place of lengths, and only doctors who offer the chosen one. */
async function choosesType(page, { clara, jonas, size }) {
  await visit(page, "");
  await type(page).selectOption(`${VISIT} (45 min)`);
  const names = async () => (await cards(page).getByRole("heading").allTextContents()).sort();
  await cards(page).nth(1).waitFor();
  assert.deepEqual(await names(), [clara.name, jonas.name]);
  assert.deepEqual(await type(page).locator("option").allTextContents(), [`${VISIT} (45 min)`, "Check-up (30 min)"]);
  await accessible(page, "doctors who offer a type");
  await picture(page, `family-start-${size}`);
  await type(page).selectOption("Check-up (30 min)");
  await cards(page).nth(1).waitFor({ state: "detached" });
  assert.deepEqual(await names(), [clara.name]);
  await type(page).selectOption(`${VISIT} (45 min)`);
}

/** Books for herself, with a note that she changes afterwards. */
async function booksForHerself(page, { clara, size }) {
  await cards(page).getByRole("link", { name: clara.name, exact: true }).click();
  await heading(page, clara.name);
  assert.equal(await who(page).inputValue(), "");
  await (await timeOn(page, "9:00")).click();
  const dialog = dialogOf(page);
  await dialog.getByText(VISIT).waitFor();
  await dialog.getByLabel("Note for the doctor").fill("I feel tired.");
  await accessible(page, "a booking of a type");
  await picture(page, `family-book-${size}`);
  await button(dialog, "Book appointment").click();
  await heading(page, "Your appointment is booked.");
  await page.getByText("I feel tired.").waitFor();
  await page.getByText(VISIT).waitFor();
  await button(page, "Change note").click();
  const note = page.getByLabel("Note for the doctor");
  assert.ok(await note.evaluate((field) => field === document.activeElement), "the note has the focus");
  await note.fill("I feel tired and cold.");
  await accessible(page, "the change of a note");
  await button(page, "Save note").click();
  await status(page, "The note has been saved.");
  await page.getByText("I feel tired and cold.").waitFor();
}

/** At her own time, the other doctor is free for the child and not for her. */
async function booksForChild(page, { jonas, size }) {
  await page.getByRole("link", { name: "Find a doctor" }).click();
  await who(page).selectOption(RENAMED);
  await type(page).selectOption(`${VISIT} (45 min)`);
  await cards(page).getByRole("link", { name: jonas.name, exact: true }).click();
  await heading(page, jonas.name);
  assert.equal(await who(page).locator("option:checked").textContent(), RENAMED);
  await (await timeOn(page, "9:00")).waitFor();
  await who(page).selectOption("Myself");
  await (await timeOn(page, "10:00")).waitFor();
  assert.equal(await (await timeOn(page, "9:00")).count(), 0);
  await who(page).selectOption(RENAMED);
  await (await timeOn(page, "9:00")).click();
  const dialog = dialogOf(page);
  assert.equal(await who(dialog).locator("option:checked").textContent(), RENAMED);
  await dialog.getByLabel("Note for the doctor").fill(NOTE);
  await button(dialog, "Book appointment").click();
  await heading(page, `The appointment of ${RENAMED} is booked.`);
  await page.getByText(NOTE).waitFor();
  await accessible(page, "an appointment of a dependant");
  await picture(page, `family-booked-${size}`, { fullPage: true });
}

/** The API has both appointments at one time, of the type, for two patients. */
async function areBooked({ call, login, clara, jonas, types, mother }) {
  const token = await login(mother);
  const [self, child] = await call("GET", "me/patients", { token });
  assert.deepEqual([self.name, self.birth_date, child.name, child.birth_date], ["Anna Berg", "1988-04-02", RENAMED, "2019-05-03"]);
  const appointments = await call("GET", `appointments?status=Booked&date=${DATE}`, { token });
  const facts = ({ doctor_id, patient_id, start_date, duration, type_id, note }) =>
    [doctor_id, patient_id, start_date.slice(11, 16), duration, type_id, note];
  assert.deepEqual(appointments.map(facts).sort(([one], [other]) => one - other), [
    [clara.id, self.id, "09:00", 45, types[0].id, "I feel tired and cold."],
    [jonas.id, child.id, "09:00", 45, types[0].id, NOTE],
  ]);
}

/** The list says whose appointment each one is. */
async function seesBoth(page, { size }) {
  await page.getByRole("navigation").getByRole("link", { name: "Your appointments" }).click();
  const upcoming = page.getByRole("region", { name: "Upcoming" });
  await upcoming.getByText("2 appointments").waitFor();
  assert.equal(await upcoming.getByText(`For ${RENAMED}`).count(), 1);
  await page.getByLabel("Whose appointments").selectOption(RENAMED);
  await page.getByText(`${RENAMED} has no past appointments.`).waitFor();
  await accessible(page, "the appointments of a family");
  await picture(page, `family-appointments-${size}`, { fullPage: true });
}

async function movesAndCancels(page, { size }) {
  const child = page.getByRole("region", { name: "Upcoming" }).getByRole("listitem").filter({ hasText: RENAMED });
  await child.getByRole("link").click();
  await heading(page, `Appointment of ${RENAMED}`);
  await button(page, "Reschedule appointment").click();
  const dialog = page.getByRole("dialog", { name: "Reschedule this appointment" });
  await dialog.getByText(RENAMED).waitFor();
  await (await timeOn(dialog, "15:00")).click();
  await picture(page, `family-reschedule-${size}`);
  await dialog.getByRole("button", { name: /^Reschedule to .* 15:00$/ }).click();
  await status(page, `The appointment of ${RENAMED} has been rescheduled`);
  await page.getByText(/^Moved from Wednesday/).waitFor();
}

/** She chooses the child in the dialog, who has another appointment then. The page keeps that choice. */
async function meetsAppointmentOfChild(page, { clara }) {
  await visit(page, `doctors/${clara.id}`);
  await heading(page, clara.name);
  await (await timeOn(page, "15:00")).click();
  const dialog = dialogOf(page);
  await who(dialog).selectOption(RENAMED);
  await button(dialog, "Book appointment").click();
  await dialog.getByText(`${RENAMED} has another appointment at this time.`).waitFor();
  await accessible(page, "a booking at a time of another appointment");
  await button(dialog, "Choose another time").click();
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction(() => location.hash.includes("for="));
  assert.equal(await who(page).locator("option:checked").textContent(), RENAMED);
}

async function cancelsForChild(page) {
  await visit(page, "appointments");
  await page.getByRole("button", { name: new RegExp(`^Cancel appointment: ${RENAMED}`) }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this appointment?" });
  await dialog.getByText(RENAMED).waitFor();
  await button(dialog, "Yes, cancel it").click();
  await status(page, `The appointment of ${RENAMED} has been cancelled`);
  await page.getByRole("region", { name: "Cancelled" }).getByText(`For ${RENAMED}`).waitFor();
  await page.getByRole("region", { name: "Upcoming" }).getByText("1 appointment").waitFor();
}

/** The clinic stops a type while the patient books it. The next time, the page no longer offers it. */
async function typeEnds(page, { clara, types, changeType }) {
  await visit(page, `doctors/${clara.id}?type=${types[1].id}`);
  await heading(page, clara.name);
  await (await timeOn(page, "11:00")).click();
  await changeType(types[1], { active: false });
  await button(dialogOf(page), "Book appointment").click();
  await page.getByRole("alert").getByText("This appointment type cannot be booked with this doctor any more.").waitFor();
  await accessible(page, "a booking of a type that has ended");
  await button(page, "Choose another time").click();
  await page.waitForFunction(() => !document.body.textContent.includes("Check-up"));
  await changeType(types[1], { active: true });
}

/** A doctor who offers no type for patients is booked by phone. */
async function isByPhone(page, { doctor }) {
  await visit(page, `doctors/${doctor.id}`);
  await page.getByRole("heading", { level: 2, name: "Appointments by phone" }).waitFor();
  await page.getByRole("link", { name: CLINIC.phone }).waitFor();
  await accessible(page, "a doctor who is booked by phone");
}

/** In dark mode and in other languages. */
async function otherSettings(open, { mother, clara, size }) {
  for (const [locale, colorScheme] of [["en-GB", "dark"], ["de", "light"], ["ar", "light"]]) {
    const page = await open({ colorScheme });
    await signIn(page, mother);
    await page.evaluate((language) => localStorage.setItem("language", language), locale.slice(0, 2));
    for (const address of ["", `doctors/${clara.id}`, `doctors/${clara.id}?time=${DATE}T12:00:00Z`, "appointments", "account"]) {
      await visit(page, address);
      await page.reload();
      await page.locator("main h1").waitFor();
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
      await page.waitForLoadState("networkidle");
      const name = address.replace(/\d+/, "").replace(/[^a-z]+.*/, "") + (address.includes("time") ? "-book" : "");
      await accessible(page, `${address} in ${locale}, ${colorScheme}`);
      await picture(page, `family-${locale}-${name || "start"}-${size}`, { fullPage: !address.includes("time") });
    }
    await page.context().close();
  }
}

story(
  async ({ open, size, url }) => {
    const scene = await setUpTypes(url, size);
    try {
      const page = await open();
      await registers(page, scene);
      await addsChild(page, scene);
      await choosesType(page, scene);
      await booksForHerself(page, scene);
      await booksForChild(page, scene);
      await areBooked(scene);
      await seesBoth(page, scene);
      await movesAndCancels(page, scene);
      await meetsAppointmentOfChild(page, scene);
      await cancelsForChild(page);
      await typeEnds(page, scene);
      await isByPhone(page, scene);
      await otherSettings(open, scene);
      await page.context().close();
    } finally {
      await scene.restore();
    }
  },
  { sizes: ["phone", "desktop"], expected: /Failed to load resource: the server responded with a status of (409|422)/ },
);
