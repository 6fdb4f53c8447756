// The front desk: the phone rings, and a Receptionist finds or creates the patient, books and reschedules, all by keyboard.
const assert = require("node:assert/strict");
const { check, cleanUp, closed, focused, heading, isFocused, message, option, phoneOf, search, setUp } = require("./desk-scene");
const { signIn, story } = require("./support");

/** How many keys the whole call takes, besides what the caller says. */
const MOST_KEYS = 25;

/** A keyboard that counts the keys, but not what the caller says. */
function keyboardOf(page) {
  let keys = 0;
  return {
    press: async (key) => {
      keys += 1;
      await page.keyboard.press(key);
    },
    /** Enter on a slow machine: the page moves the focus before the browser sends the character of the key. */
    enterSlowly: async (next) => {
      keys += 1;
      const session = await page.context().newCDPSession(page);
      const send = (type, more) => session.send("Input.dispatchKeyEvent", { type, key: "Enter", code: "Enter", ...more });
      await send("rawKeyDown", { windowsVirtualKeyCode: 13 });
      await focused(next);
      await send("char", { text: "\r" });
      await send("keyUp", { windowsVirtualKeyCode: 13 });
      await session.detach();
    },
    says: (words) => page.keyboard.type(words),
    keys: () => keys,
  };
}

/** The phone rings: a caller who is not known gets an appointment, and then one with another doctor. */
async function answersCall(page, { size, mark, desk, first, second, type }) {
  const { press, enterSlowly, says, keys } = keyboardOf(page);
  const name = `Maria Rossi ${mark}`;
  const dialog = page.getByRole("dialog");
  await press("/");
  await focused(search(page));
  const phone = phoneOf(mark);
  const said = `0${phone.slice(3, 7)} ${phone.slice(7)}`;
  await says(`${name} ${said}`);
  await option(page, `New patient “${name} ${said}”`).waitFor();
  await check(page, "search", size);
  await press("Enter");
  await dialog.getByRole("heading", { name: "New patient" }).waitFor();
  assert.equal(await dialog.getByLabel("Name", { exact: true }).inputValue(), name);
  // The clinic's country code, because the caller said none.
  assert.equal(await dialog.getByLabel("Phone", { exact: true }).inputValue(), `+44 ${said.slice(1)}`);
  await check(page, "new patient", size);
  await press("Enter");
  await message(page, `${name} has been added.`);
  await heading(page, name);
  await focused(page.getByRole("button", { name: "Book" }));
  await check(page, "card of a new patient", size);

  await press("Enter");
  await focused(dialog.locator("[data-stop]").first());
  for (let tries = 0; tries < 5 && !(await isFocused(dialog.getByRole("button", { name: type.name }))); tries++) await press("ArrowDown");
  await check(page, "choice of a type", size);
  await press("Enter");
  const times = (doctor) => dialog.getByRole("group", { name: new RegExp(`^${doctor.name}`) }).getByRole("button");
  await focused(times(first).first());
  await check(page, "choice of a time", size);
  await press("ArrowDown");
  await focused(times(second).first());
  await press("Enter");
  await focused(dialog.getByLabel("Note"));
  await says("Cough for two weeks");
  await check(page, "booking", size);
  await press("Enter");
  await message(page, /^Booked: .*Dr\. Second/);
  await closed(page);

  const row = page.getByRole("listitem").filter({ hasText: second.name }).getByRole("link");
  await focused(row);
  await check(page, "card with an appointment", size);
  await press("Enter");
  await focused(dialog.getByRole("button", { name: "Reschedule" }));
  await dialog.getByText("Cough for two weeks").waitFor();
  await check(page, "appointment", size);
  await press("Enter");
  const choice = dialog.getByLabel("Doctor", { exact: true });
  await focused(choice);
  await press("ArrowDown");
  assert.equal(await choice.evaluate((select) => select.selectedOptions[0].text), first.name);
  await enterSlowly(dialog.locator(".times button").first());
  await check(page, "another doctor", size);
  await press("Enter");
  await focused(dialog.getByRole("button", { name: /^Reschedule to / }));
  await press("Enter");
  await message(page, /has been moved to .*Dr\. First/);
  await page.getByRole("listitem").filter({ hasText: first.name }).waitFor();
  console.log(`${size}: the call took ${keys()} keys`);
  assert.ok(keys() <= MOST_KEYS, `the call took ${keys()} keys`);

  const [patient] = await desk("GET", `patients?q=${encodeURIComponent(name)}`);
  const [appointment] = await desk("GET", `appointments?patient_id=${patient.id}`);
  assert.deepEqual([patient.phone, patient.has_login], [phone, false]);
  assert.deepEqual([appointment.doctor_id, appointment.type_id, appointment.note], [first.id, type.id, "Cough for two weeks"]);
  return { patient, appointment };
}

/** The doctor sees who is coming, how to call them, and the note. */
async function isSeenByDoctor(open, { first, size }, { patient, appointment }) {
  const page = await open();
  await signIn(page, first.email);
  await page.evaluate((day) => (location.hash = `#/day/${day}`), appointment.start_date.slice(0, 10));
  const item = page.getByRole("grid").getByRole("link", { name: patient.name });
  for (const text of [patient.phone, "Cough for two weeks"]) await item.getByText(text).waitFor({ state: "attached" });
  await check(page, "day of the doctor", size);
  await item.click({ position: { x: 20, y: 10 } });
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: patient.name }).waitFor();
  assert.equal(await dialog.getByRole("link", { name: patient.phone }).getAttribute("href"), `tel:${patient.phone}`);
  await dialog.getByText("Cough for two weeks").waitFor();
  await page.context().close();
}

story(async ({ open, size, url }) => {
  const scene = await setUp(url, size);
  const page = await open();
  await signIn(page, scene.receptionist.email);
  await page.getByRole("grid").waitFor();
  const links = await page.getByRole("navigation", { name: "Menu" }).getByRole("link").allTextContents();
  assert.deepEqual(links, ["Day", "Patients", "Appointments", "Messages"]);
  await check(page, "day of the clinic", size);
  const call = await answersCall(page, scene);
  await isSeenByDoctor(open, scene, call);
  await cleanUp(scene);
}, { sizes: ["phone", "desktop"] });
