// A sick day whose appointments are cancelled, moved and given to a colleague, and a deactivation: node sick-day.js URL.
const assert = require("node:assert/strict");
const { picture, receptionist, signIn, story, PASSWORD, PEOPLE } = require("./support");
const { REFUSED, accessible, message, open, setUp } = require("./day-scene");

/** Books appointments of half an hour from eight on. */
async function bookDay({ book, days }, count) {
  const ids = [];
  for (let index = 0; index < count; index += 1) {
    const time = `${String(8 + ((index / 2) | 0)).padStart(2, "0")}:${index % 2 ? "30" : "00"}`;
    ids.push((await book(`${days[4]}T${time}:00Z`, 30)).id);
  }
  return ids;
}

async function fillTimeOff(page, { days }) {
  const form = page.getByRole("form", { name: "Add time off" });
  await form.getByLabel("From").fill(`${days[4]}T00:00`);
  await form.getByLabel("Until").fill(`${days[4]}T23:59`);
  await form.getByLabel("Reason").fill("The doctor is ill");
  return form.getByRole("button", { name: "Add time off" });
}

const planOf = (page) => page.getByRole("form", { name: "Appointments in this time" });

async function removeTimeOff({ admin, doctor }) {
  const [{ id }] = await admin("GET", `doctors/${doctor.id}/time_off`);
  await admin("DELETE", `doctors/${doctor.id}/time_off/${id}`);
}

/** A doctor is ill. The desk sees on one page who is affected, and cancels all appointments with the time off. */
async function isIll(page, scene) {
  const { size, admin, doctor, patient, days } = scene;
  await admin("PATCH", `patients/${patient.id}`, { phone: "+447700900123" });
  await bookDay(scene, 12);
  let clicks = 0;
  const click = async (locator) => {
    clicks += 1;
    await locator.click();
  };
  await open(page, `day/${days[4]}`);
  await page.getByLabel("Find a doctor").fill(doctor.name);
  await click(page.getByRole("link", { name: doctor.name }).first());
  await page.getByRole("heading", { name: doctor.name, level: 1 }).waitFor();
  await accessible(page, "a doctor's page for the desk");
  await picture(page, `day-desk-doctor-${size}`, { fullPage: true });
  await click(await fillTimeOff(page, scene));
  await page.getByRole("heading", { name: "Appointments in this time" }).waitFor();
  await page.getByRole("link", { name: "+447700900123" }).nth(11).waitFor();
  await accessible(page, "sick day");
  await picture(page, `day-sick-${size}`, { fullPage: true });
  await click(planOf(page).getByRole("button", { name: "Add time off: cancel 12 appointments" }));
  await message(page, "the appointments have been changed");
  console.log(`${size}: the sick day took ${clicks} clicks`);
  assert.ok(clicks <= 5);
  const rows = await admin("GET", `appointments?doctor_id=${doctor.id}&date=${days[4]}`);
  const cancelled = rows.filter(({ status, reason }) => status === "Cancelled" && reason === "The doctor is ill");
  assert.equal(cancelled.length, 12);
  await removeTimeOff(scene);
}

/** The desk moves one appointment of the sick day, gives one to a colleague, and cancels one. Somebody else is faster. */
async function plansSickDay(page, scene) {
  const { size, admin, doctor, days } = scene;
  const colleague = await admin("POST", "register", {
    account_type: "Doctor", name: `Dr. Free ${size}`, email: `free-${size}-${Date.now()}@story.example`, password: PASSWORD,
  });
  const other = await admin("POST", "patients", { name: "Olga Brand" });
  const [moved, given, cancelled] = await bookDay(scene, 3);
  await open(page, `doctors/${doctor.id}`);
  await (await fillTimeOff(page, scene)).click();
  const plan = planOf(page);
  const rowAt = (time) => plan.getByRole("listitem").filter({ hasText: new RegExp(`\\b0?${time}`) });
  const choice = (time) => rowAt(time).getByRole("combobox");
  await page.getByRole("button", { name: "Move all to the next free times" }).click();
  await plan.getByRole("button", { name: "Add time off: move 3" }).waitFor();
  await choice("8:30").selectOption({ label: `Give to ${colleague.name}` });
  await choice("9:00").selectOption({ label: "Cancel" });
  await plan.getByRole("button", { name: "Add time off: cancel 1 appointment, move 1, give 1 to colleagues" }).waitFor();
  await accessible(page, "a plan of a sick day");
  await picture(page, `day-plan-${size}`, { fullPage: true });

  // The colleague is booked in between. Nothing is changed, and the page says why.
  const taken = await admin("POST", "appointments", {
    doctor_id: colleague.id, patient_id: other.id, start_date: `${days[4]}T08:30:00Z`, duration: 30,
  });
  const submit = plan.getByRole("button", { name: /^Add time off/ });
  await submit.click();
  await plan.getByText("Some of the changes are not possible").waitFor();
  await rowAt("8:30").getByRole("alert").filter({ hasText: /taken|busy|no longer|another/i }).waitFor();
  assert.deepEqual(await admin("GET", `doctors/${doctor.id}/time_off`), []);
  await accessible(page, "a refused plan");
  await picture(page, `day-plan-refused-${size}`, { fullPage: true });
  await admin("POST", `appointments/${taken.id}/cancel`, {});
  await submit.click();
  // The message of the sick day before can still be there.
  await plan.waitFor({ state: "detached" });
  await message(page, "the appointments have been changed");
  const states = await Promise.all([moved, given, cancelled].map((id) => admin("GET", `appointments/${id}`)));
  assert.deepEqual(states.map(({ status }) => status), ["Booked", "Booked", "Cancelled"]);
  assert.equal(states[1].doctor_id, colleague.id);
  assert.ok(states[0].start_date > `${days[4]}T23`, "it was moved to a later day");
  await removeTimeOff(scene);
  for (const id of [moved, given]) await admin("POST", `appointments/${id}/cancel`, {});
  return { colleague };
}

/** An Admin deactivates a doctor, whose appointments are given to a colleague in the same change. */
async function deactivatesWithPlan(page, { size, admin, days, patient }, colleague) {
  const email = `leaving-${size}-${Date.now()}@story.example`;
  const name = `Dr. Leaving ${size}`;
  const leaving = await admin("POST", "register", { account_type: "Doctor", name, email, password: PASSWORD });
  const { id } = await admin("POST", "appointments", {
    doctor_id: leaving.id, patient_id: patient.id, start_date: `${days[3]}T10:00:00Z`, duration: 30,
  });
  await open(page, `accounts?q=${encodeURIComponent(email)}`);
  await page.getByRole("button", { name: `Manage ${name}` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByRole("button", { name: "Choose for each appointment" }).click();
  await dialog.getByRole("button", { name: "Give all to a colleague" }).click();
  await dialog.getByRole("combobox").selectOption({ label: `Give to ${colleague.name}` });
  await accessible(page, "the deactivation of a doctor with a plan");
  await picture(page, `day-deactivate-${size}`);
  await dialog.getByRole("button", { name: "Deactivate: give 1 to colleagues" }).click();
  await dialog.getByText(/has been deactivated/).waitFor();
  assert.equal((await admin("GET", `appointments/${id}`)).doctor_id, colleague.id);
  await admin("POST", `appointments/${id}/cancel`, {});
}

story(
  async ({ open, url, size }) => {
    const scene = await setUp(url, size);
    const desk = await open();
    await signIn(desk, await receptionist(url));
    await isIll(desk, scene);
    const { colleague } = await plansSickDay(desk, scene);
    const asAdmin = await open();
    await signIn(asAdmin, PEOPLE.admin);
    await deactivatesWithPlan(asAdmin, scene, colleague);
  },
  { sizes: ["phone", "desktop"], expected: REFUSED },
);
