// Lists as CSV files: node csv.js URL.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { accessible, picture, receptionist, signedIn, signIn, story, PASSWORD, PEOPLE } = require("./support");

const DAY = 86_400_000;
const NOTE = 'Says "hello",\nthen waits';
const ARABIC = "محمد عبد الرحمن الأنصاري";
const open = (page, route) => page.evaluate((route) => (location.hash = `#/${route}`), route);

/** Creates three patients, and a doctor with 108 appointments, of which one is cancelled. A page of the API has 100. */
async function setUp(url, size) {
  const admin = await signedIn(url, PEOPLE.admin);
  const mark = `${size}-${Date.now()}`;
  const email = `csv-${mark}@story.example`;
  const account = { account_type: "Doctor", name: `Dr. Cy List ${mark}`, email, password: PASSWORD };
  const doctor = await admin("POST", "register", account);
  const week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  await admin("PUT", `doctors/${doctor.id}/working_hours`, week.map((weekday) => ({ weekday, start: "08:00", end: "18:00" })));
  const people = [["Nora Lind", "+447700900123"], ['Łukasz, the "Tall" Wójcik'], [ARABIC, "+201001234567"]];
  const patients = [];
  for (const [name, phone] of people) {
    patients.push(await admin("POST", "patients", { name: `${name} ${mark}`, ...(phone && { phone }) }));
  }
  const monday = Date.now() - (Date.now() % DAY) + 30 * DAY;
  for (let number = 0; number < 108; number += 1) {
    const minutes = 8 * 60 + (number % 12) * 15;
    const start_date = new Date(monday + Math.floor(number / 12) * DAY + minutes * 60_000).toISOString().replace(".000Z", "Z");
    const ids = { doctor_id: doctor.id, patient_id: patients[number % 3].id };
    await admin("POST", "appointments", { ...ids, start_date, duration: 15, note: NOTE });
  }
  const [cancelled] = await admin("GET", `appointments?doctor_id=${doctor.id}&limit=1`);
  await admin("POST", `appointments/${cancelled.id}/cancel`, {});
  return { size, mark, admin, doctor, patients, cancelled };
}

/** Presses the button, and returns the name of the file and its rows. */
async function download(page) {
  const button = page.getByRole("button", { name: "Download as CSV" });
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const text = readFileSync(await file.path(), "utf8");
  assert.equal(text[0], "\ufeff", "spreadsheets know the encoding");
  return { name: file.suggestedFilename(), rows: parse(text.slice(1)) };
}

/** Parses CSV (RFC 4180). Every row ends with a line break. */
function parse(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  assert.deepEqual(rows.pop(), []);
  return rows;
}

const today = () => new Date().toISOString().slice(0, 10);
const column = ([head, ...rows], name) => rows.map((row) => row[head.indexOf(name)]);

/** The file has all pages of the list with the present filters, and one header row. The button says how far it is. */
async function downloadsAppointments(page, { size, doctor, cancelled }) {
  await open(page, `appointments?doctor=${doctor.id}`);
  await page.getByText("20+ appointments").waitFor();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/appointments?*after=*", async (route) => {
    await held;
    await route.continue();
  });
  const file = download(page);
  await page.getByText("100 rows loaded…").waitFor();
  await accessible(page, "a download that is not complete");
  await picture(page, `csv-${size}`);
  release();
  const { name, rows } = await file;
  await page.unrouteAll({ behavior: "wait" });
  assert.equal(name, `appointments-${today()}.csv`);
  assert.equal(rows.length, 109, "a header row and 108 appointments");
  assert.equal(rows.filter(([id]) => id === "id").length, 1, "one header row");
  assert.equal(new Set(column(rows, "id")).size, 108);
  assert.ok(column(rows, "doctor_name").every((name) => name === doctor.name));
  assert.ok(column(rows, "note").every((text) => text === NOTE));
  await page.getByText("100 rows loaded…").waitFor({ state: "detached" });
  await page.getByLabel("Status").selectOption("Cancelled");
  await page.getByText(/^1 appointment$/).waitFor();
  assert.deepEqual(column((await download(page)).rows, "id"), [String(cancelled.id)]);
}

/** A page that cannot be loaded: there is no file, and the error says why. The next attempt has all rows. */
async function failsToDownload(page, { doctor }) {
  await open(page, `appointments?doctor=${doctor.id}`);
  await page.getByText("20+ appointments").waitFor();
  const files = [];
  page.on("download", (file) => files.push(file));
  await page.route("**/appointments?*after=*", (route) => route.abort());
  await page.getByRole("button", { name: "Download as CSV" }).click();
  await page.getByRole("alert").getByText("The clinic cannot be reached.").waitFor();
  await accessible(page, "a download that has failed");
  assert.equal(files.length, 0);
  await page.unrouteAll({ behavior: "wait" });
  assert.equal((await download(page)).rows.length, 109);
  assert.equal(await page.getByRole("alert").count(), 0);
}

/** The patients of a search, with letters of all languages. */
async function downloadsPatients(page, { mark, patients }) {
  await open(page, "patients");
  await page.getByLabel("Name, phone, email or birth date").fill(mark);
  await page.getByText(/^3 patients$/).waitFor();
  const { name, rows } = await download(page);
  assert.equal(name, `patients-${today()}.csv`);
  assert.deepEqual(column(rows, "name"), patients.map(({ name }) => name));
  assert.deepEqual(column(rows, "phone"), patients.map(({ phone }) => phone ?? ""));
}

story(
  async ({ open, url, size }) => {
    const scene = await setUp(url, size);
    const page = await open();
    await signIn(page, await receptionist(url));
    await downloadsAppointments(page, scene);
    await failsToDownload(page, scene);
    await downloadsPatients(page, scene);
    await scene.admin("POST", `accounts/${scene.doctor.id}/deactivate`, {});
  },
  { sizes: ["phone", "desktop"], expected: /Failed to load resource: net::ERR_FAILED/ },
);
