// The notes in the calendars, and days on paper: node print.js URL.
const assert = require("node:assert/strict");
const { accessible, picture, receptionist, signedIn, signIn, story, PASSWORD, PEOPLE } = require("./support");

const DAY = 86_400_000;
const LONG_NOTE = "Brings the letter of the hospital, is allergic to penicillin, and needs an interpreter. ".repeat(5).trim();
const ARABIC = "محمد عبد الرحمن الأنصاري";
const after = (date, days) => new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);
const open = (page, route) => page.evaluate((route) => (location.hash = `#/${route}`), route);
const loaded = (page) => page.locator("[aria-busy=true], .loading").first().waitFor({ state: "detached" });

/** Returns the first date of some days without appointments. They are not those of the demo clinic. */
async function freeDays(admin, count) {
  for (let first = after(new Date().toISOString().slice(0, 10), 30); ; first = after(first, count)) {
    const rows = await admin("GET", `appointments?from=${first}&to=${after(first, count - 1)}&limit=1`);
    if (rows.length === 0) return first;
  }
}

/**
 * Creates three doctors who work at all times. The first has a day with a night before it, overridden limits, a long note and
 * a cancelled appointment. The second has one appointment, and the third has none.
 */
async function setUp(url, size) {
  const admin = await signedIn(url, PEOPLE.admin);
  const mark = `${size}-${Date.now()}`;
  const week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const allDay = week.map((weekday) => ({ weekday, start: "00:00", end: "24:00" }));
  const doctors = [];
  for (const name of [`Dr. Amal Printer ${mark}`, `Dr. Bo Paper ${mark}`, `Dr. Cy Blank ${mark}`]) {
    const email = `${name.replace(/\W/g, "")}@story.example`.toLowerCase();
    const doctor = await admin("POST", "register", { account_type: "Doctor", name, email, password: PASSWORD });
    await admin("PUT", `doctors/${doctor.id}/working_hours`, allDay);
    doctors.push(doctor);
  }
  const patient = (name, phone) => admin("POST", "patients", { name, ...(phone && { phone }) });
  const nora = await patient(`Nora Lind ${mark}`, "+447700900123");
  const long = await patient(`Maximiliane Freifrau von Hohenstein-Wolkersdorff ${mark}`);
  const arabic = await patient(`${ARABIC} ${mark}`, "+201001234567");
  const book = (doctor, patient, start_date, duration, more) =>
    admin("POST", "appointments", { doctor_id: doctor.id, patient_id: patient.id, start_date, duration, ...more });
  const date = await freeDays(admin, 12);
  const name = `Follow-up ${mark}`;
  const buffers = { buffer_before: 0, buffer_after: 0 };
  const rules = { duration: 30, ...buffers, active: true, bookable_by: "Staff", doctors: null };
  const type = await admin("POST", "appointment_types", { name, ...rules });
  const [first, second] = doctors;
  await book(first, nora, `${after(date, -1)}T23:30:00Z`, 60);
  await book(first, arabic, `${date}T10:00:00Z`, 45, { note: "يرجى إحضار نتائج التحاليل" });
  await book(first, nora, `${date}T09:00:00Z`, undefined, { type_id: type.id });
  await book(first, long, `${date}T11:00:00Z`, 60, { note: LONG_NOTE });
  await book(first, nora, `${date}T23:30:00Z`, 60);
  const cancelled = await book(first, arabic, `${date}T14:00:00Z`, 30);
  await admin("POST", `appointments/${cancelled.id}/cancel`, { reason: "Is ill" });
  await book(second, long, `${date}T16:00:00Z`, 15, { note: "First visit" });
  return { url, size, mark, admin, date, doctors, nora, long, arabic, type, book };
}

/** Notes are visible without opening the appointment: that of a short one too, and a long one in few lines. */
async function showsNotes(page, { date, doctors: [, doctor] }, isDesk) {
  const routes = isDesk ? [`day/${date}`] : [`day/${date}`, `week/${date}`];
  for (const route of routes) {
    await open(page, route);
    const long = page.getByRole("grid").getByText(LONG_NOTE);
    await long.waitFor();
    const lines = await long.evaluate((note) => note.clientHeight / parseFloat(getComputedStyle(note).lineHeight));
    assert.ok(lines >= 0.9 && lines <= 2.1, `${route}: ${lines} lines of a long note`);
  }
  if (isDesk) await page.getByRole("row", { name: doctor.name }).getByText("First visit").waitFor();
}

/** Shows what is printed on a dark screen, and checks that it is all that is shown. Returns the sheets: their heads and rows. */
async function onPaper(page) {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  // The browser sends this event when the user prints.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  for (const role of ["navigation", "button", "link", "banner", "grid", "dialog", "textbox"]) {
    assert.equal(await page.getByRole(role).count(), 0, `a ${role} on paper`);
  }
  const colors = await page.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    return [style("html").backgroundColor, style(".paper").color];
  });
  assert.deepEqual(colors, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"], "black on white");
  return page.locator(".sheet").evaluateAll((sheets) => {
    const text = ({ innerText }) => innerText.replaceAll("\u00a0", " ").replace(/\n+/g, "\n");
    return sheets.map((sheet) => ({
      head: sheet.querySelector("header").innerText.split(/\n+/),
      titles: [...sheet.querySelectorAll("thead th")].map(({ innerText }) => innerText),
      rows: [...sheet.querySelectorAll("tbody tr")].map(({ cells }) => [...cells].map(text)),
      text: text(sheet),
    }));
  });
}

const onScreen = (page) => page.emulateMedia({ media: null, colorScheme: null });

/** Takes a picture of a page of A4, which is 794 px wide. */
async function pictureOfPaper(page, name) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 794, height: 1123 });
  await picture(page, name, { fullPage: true });
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= width, `${name} is ${content} px wide`);
  await page.setViewportSize(size);
}

/** Prints to a PDF file, as the user does in the browser's menu. Returns its number of pages. */
async function pagesOf(page, format) {
  const pdf = await page.pdf({ format, preferCSSPageSize: false });
  return pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
}

const weekday = (date) => new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: "UTC" }).format(new Date(date));
const shown = (date) => new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" }).format(new Date(date));

/** The doctor prints a day. The night before is on it, and what is cancelled is not. Notes are whole. */
async function printsOwnDay(page, { size, date, doctors: [doctor], nora, long, arabic, type }) {
  await open(page, `day/${date}`);
  await page.getByRole("grid").getByRole("link", { name: new RegExp(long.name) }).waitFor();
  await loaded(page);
  await accessible(page, "a day with a button to print");
  await picture(page, `print-screen-${size}`);
  for (const format of ["A4", "Letter"]) assert.equal(await pagesOf(page, format), 1, format);
  const [sheet, ...others] = await onPaper(page);
  assert.equal(others.length, 0);
  assert.deepEqual(sheet.head, ["Harbour Street Clinic", doctor.name, shown(date)]);
  assert.deepEqual(sheet.titles, ["Time", "Patient", "Type", "Note", "Remarks"]);
  const [called, calledArabic] = [`${nora.name}\n${nora.phone}`, `${arabic.name}\n${arabic.phone}`];
  assert.deepEqual(sheet.rows, [
    [`${weekday(after(date, -1))} 23:30–0:30`, called, "", "", ""],
    ["9:00–9:30", called, type.name, "", ""],
    ["10:00–10:45", calledArabic, "", "يرجى إحضار نتائج التحاليل", ""],
    ["11:00–12:00", long.name, "", LONG_NOTE, ""],
    ["23:30–0:30", called, "", "", ""],
  ]);
  const styles = await page.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    return [style(".sheet thead").display, style(".sheet tbody tr").breakInside];
  });
  assert.deepEqual(styles, ["table-header-group", "avoid"], "the head is repeated, and no row is split");
  await pictureOfPaper(page, `print-day-${size}`);
  await onScreen(page);
}

/** The button prints, and the paper is ready when the browser prints it. The button waits until the day is loaded. */
async function usesButton(page, { date, doctors: [doctor] }) {
  await page.evaluate(() => {
    window.print = () => {
      dispatchEvent(new Event("beforeprint"));
      window.printed = document.querySelector(".paper").textContent;
    };
  });
  const printed = async (options) => {
    await page.evaluate(() => (window.printed = undefined));
    await page.getByRole("button", { name: "Print" }).click(options);
    return page.evaluate(() => window.printed);
  };
  assert.match(await printed(), new RegExp(`${doctor.name}.*${LONG_NOTE}`, "s"));
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/appointments?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("button", { name: "Next day" }).click();
  await page.locator('[aria-busy="true"]').first().waitFor();
  // Playwright waits for a button that is not enabled otherwise.
  assert.equal(await printed({ force: true }), undefined, "nothing is printed before the day is loaded");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator(".paper").textContent(), "Loading…");
  release();
  await loaded(page);
  await page.unrouteAll({ behavior: "wait" });
  assert.match(await printed(), new RegExp(`${shown(after(date, 1))}.*23:30–0:30`));
  await open(page, `day/${after(date, 5)}`);
  await page.getByRole("heading", { level: 1, name: shown(after(date, 5)) }).waitFor();
  await loaded(page);
  assert.equal(await printed(), `Harbour Street Clinic${doctor.name}${shown(after(date, 5))}No appointments`);
}

/** A week is a sheet for each day with appointments. */
async function printsWeek(page, { date }) {
  await open(page, `week/${date}`);
  await page.getByRole("grid").getByRole("link", { name: /Nora Lind/ }).first().waitFor();
  await loaded(page);
  const sheets = await onPaper(page);
  assert.ok(sheets.some(({ head }) => head.includes(shown(date))));
  for (const { head, rows } of sheets) assert.ok(rows.length > 0, `${head} has no appointments`);
  await onScreen(page);
}

/** The desk prints the clinic's day: a page for each doctor with appointments, also for those that the search leaves out. */
async function printsClinicsDay(page, { size, date, doctors: [first, second, third], long }) {
  await open(page, `day/${date}?q=${encodeURIComponent(third.name)}`);
  await page.getByRole("row", { name: third.name }).waitFor();
  await loaded(page);
  for (const format of ["A4", "Letter"]) assert.equal(await pagesOf(page, format), 2, format);
  const sheets = await onPaper(page);
  assert.deepEqual(sheets.map(({ head }) => head[1]), [first.name, second.name]);
  assert.equal(sheets[0].rows.length, 5);
  assert.deepEqual(sheets[1].rows, [["16:00–16:15", long.name, "", "First visit", ""]]);
  await pictureOfPaper(page, `print-clinic-${size}`);
  await onScreen(page);
  await open(page, `day/${after(date, 5)}`);
  await page.getByRole("heading", { level: 1, name: shown(after(date, 5)) }).waitFor();
  await loaded(page);
  const [empty, ...more] = await onPaper(page);
  assert.deepEqual([empty.text.split("\n"), more.length], [["Harbour Street Clinic", shown(after(date, 5)), "No appointments"], 0]);
  await onScreen(page);
}

/** More appointments than a page has room for. */
async function printsLongDay(page, { date, doctors: [, doctor], nora, book }) {
  const day = after(date, 2);
  for (let hour = 10; hour < 22; hour += 1) await book(doctor, nora, `${day}T${hour}:00:00Z`, 30, { note: LONG_NOTE });
  await open(page, `day/${day}`);
  await page.getByRole("row", { name: doctor.name }).getByText("12 appointments").waitFor();
  await loaded(page);
  const pages = await pagesOf(page, "A4");
  assert.ok(pages > 1 && pages < 12, `${pages} pages`);
}

/** Arabic is from right to left. */
async function printsArabic(page, { size, date, doctors: [doctor] }) {
  await page.getByLabel("Language", { exact: true }).selectOption("ar");
  await page.locator("html[lang=ar]").waitFor();
  await open(page, `day/${date}`);
  await page.getByRole("row", { name: doctor.name }).getByText(ARABIC).first().waitFor();
  await loaded(page);
  const [sheet] = await onPaper(page);
  assert.deepEqual(sheet.titles.slice(0, 2), ["الوقت", "المريض"]);
  const places = (cells) => cells.map((cell) => cell.getBoundingClientRect().x);
  const [time, patient] = await page.locator(".sheet thead th").evaluateAll(places);
  assert.ok(time > patient, "the time is at the right");
  await pictureOfPaper(page, `print-arabic-${size}`);
  await onScreen(page);
}

story(
  async ({ open, url, size }) => {
    const scene = await setUp(url, size);
    const doctor = await open();
    await signIn(doctor, scene.doctors[0].email);
    await showsNotes(doctor, scene, false);
    await printsOwnDay(doctor, scene);
    await usesButton(doctor, scene);
    await printsWeek(doctor, scene);
    const desk = await open();
    await signIn(desk, await receptionist(url));
    await showsNotes(desk, scene, true);
    await printsClinicsDay(desk, scene);
    await printsLongDay(desk, scene);
    await printsArabic(desk, scene);
    for (const { id } of scene.doctors) await scene.admin("POST", `accounts/${id}/deactivate`, {});
  },
  { sizes: ["phone", "desktop"] },
);
