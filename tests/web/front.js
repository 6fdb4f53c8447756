// The start page of a clinic with hundreds of doctors, and what patients meet besides the usual way: a doctor who has left, a
// change that comes too late, a new tab, the hour that a clock change repeats, and an address that is not valid.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture } = require("./support");
const { CLINIC, DOCTOR, setUp, visit } = require("./scene");

const MINUTE = 60_000;
const PAGE_SIZE = 100;
const DOCTORS = 250;

const button = (page, name) => page.getByRole("button", { name, exact: true });
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const cards = (page) => page.getByRole("main").getByRole("listitem").filter({ has: page.getByRole("heading", { level: 3 }) });
const names = (page) => cards(page).getByRole("heading").allTextContents();

/** Answers a request for a list with a page of it. */
function answerPage(route, items) {
  const url = new URL(route.request().url());
  const start = Number(url.searchParams.get("after") ?? 0);
  const next = start + PAGE_SIZE;
  url.searchParams.set("after", next);
  const headers = next < items.length ? { Link: `<${url.pathname}${url.search}>; rel="next"` } : {};
  return route.fulfill({ json: items.slice(start, next), headers });
}

/** The first slot of the doctor with the highest id is the soonest. Ten doctors have none. */
async function withManyDoctors(page) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const doctors = Array.from({ length: DOCTORS }, (_, index) => ({
    id: 1000 + index, name: `Dr. ${letters[index % 26]}${letters[Math.floor(index / 26)]}`, specialty: index % 2 ? "Cardiology" : null,
  }));
  const soonest = doctors.slice(10).reverse();
  const start = Math.ceil(Date.now() / MINUTE) * MINUTE + 24 * 60 * MINUTE;
  const slots = soonest.flatMap(({ id }, index) =>
    [0, 1, 2].map((slot) => ({ doctor_id: id, start_date: new Date(start + (index * 3 + slot) * 15 * MINUTE).toISOString(), duration: 30 })));
  const requests = [];
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await page.route(/\/doctors\?/, (route) => answerPage(route, doctors));
  await page.route(/\/availability\?/, (route) => answerPage(route, slots));
  return { doctors, soonest, requests };
}

async function findsOneOfMany(open, size) {
  const page = await open();
  const { doctors, soonest, requests } = await withManyDoctors(page);
  await page.reload();
  await page.getByText(`${DOCTORS} doctors`).waitFor();
  assert.deepEqual(await names(page), soonest.slice(0, 12).map(({ name }) => name));
  await accessible(page, "many doctors");
  await picture(page, `front-many-${size}`, { fullPage: true });
  for (const count of [24, 36, 48]) {
    await button(page, "Show more").click();
    await cards(page).nth(count - 1).waitFor();
  }
  assert.deepEqual(await names(page), soonest.slice(0, 48).map(({ name }) => name));
  await page.getByLabel("Order").selectOption("By name");
  await page.getByRole("link", { name: "Dr. AA", exact: true }).waitFor();
  const byName = doctors.map(({ name }) => name).sort();
  assert.deepEqual(await names(page), byName.slice(0, 12));
  await page.getByLabel("Order").selectOption("Soonest first");
  // Their slots are on the last page, or there are none.
  await page.getByLabel("Name", { exact: true }).fill(soonest.at(-1).name);
  await cards(page).getByRole("list").getByRole("link").nth(2).waitFor();
  await page.getByLabel("Name", { exact: true }).fill(doctors[0].name);
  await cards(page).getByText("No free times in the next month.").waitFor();
  assert.deepEqual(requests.filter((path) => /\/doctors\/\d/.test(path)), [], "requests for one doctor");
  await page.context().close();
}

/** The doctor leaves the clinic while the patient has an appointment. */
async function doctorLeaves(page, { doctor, deactivate, book, size }, nora) {
  const appointment = await book("09:00", nora);
  await visit(page, `appointments/${appointment}`);
  await page.getByRole("link", { name: "Book another appointment with this doctor" }).waitFor();
  await deactivate();
  await page.reload();
  await page.getByRole("link", { name: "Find another doctor" }).waitFor();
  await page.getByText(DOCTOR.name).first().waitFor();
  assert.equal(await page.locator(`a[href*="doctors/${doctor.id}"]`).count(), 0);
  await accessible(page, "an appointment of a doctor who has left");
  await visit(page, `doctors/${doctor.id}`);
  await heading(page, "This doctor takes no bookings here");
  await accessible(page, "the page of a doctor who has left");
  await picture(page, `front-gone-${size}`);
  await page.getByRole("link", { name: "See the other doctors" }).click();
  await heading(page, /^Find a doctor at/);
  await visit(page, "appointments");
  await page.getByRole("region", { name: "Upcoming" }).getByText(DOCTOR.name).first().waitFor();
}

/** The policy changes while the page is open. The page says when it was possible, and whom to call. */
async function isTooLate(page, { setClinic, book, size }, nora) {
  const appointment = await book("11:00", nora);
  await visit(page, `appointments/${appointment}`);
  await button(page, "Cancel appointment").click();
  await setClinic({ patient_cancel_notice: 30 * 24 * 60 });
  await button(page, "Yes, cancel it").click();
  const alert = page.getByRole("dialog").getByRole("alert");
  await alert.getByText("It is too late to cancel the appointment here.").waitFor();
  await alert.getByText(/This was possible until .* 11:00\./).waitFor();
  const phone = page.getByRole("dialog").getByRole("link", { name: CLINIC.phone });
  assert.equal(await phone.getAttribute("href"), "tel:+49301234567");
  await accessible(page, "a cancellation that comes too late");
  await picture(page, `front-too-late-${size}`);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByText("It is too late to cancel the appointment here.").waitFor();
  assert.equal(await button(page, "Cancel appointment").count(), 0);
  await setClinic({ patient_cancel_notice: 60 });
}

/** A count of loaded items is no total, and the date of another year has its year. */
async function listsAppointments(page, { book }, nora) {
  const later = new Date(Date.now() + 300 * 24 * 60 * MINUTE);
  await book("13:00", nora);
  await book(`${later.toISOString().slice(0, 10)}T09:00:00Z`, nora);
  await page.route(/\/appointments\?.*limit=20/, (route) => route.continue({ url: route.request().url().replace("limit=20", "limit=1") }));
  await visit(page, "appointments");
  const upcoming = page.getByRole("region", { name: "Upcoming" });
  await upcoming.getByText("1+ appointments").waitFor();
  await button(upcoming, "Show more").click();
  await upcoming.getByText("2+ appointments").waitFor();
  assert.equal(await upcoming.getByRole("listitem").count(), 2);
  await button(upcoming, "Show more").click();
  await upcoming.getByText(/^3 appointments/).waitFor();
  await upcoming.getByText(new RegExp(`${later.getUTCFullYear()}, 0?9:00`)).waitFor();
  await page.unrouteAll({ behavior: "wait" });
}

/** A link that is opened in a new tab needs no other sign-in. */
async function opensNewTab(page, url) {
  const tab = await page.context().newPage();
  await tab.goto(`${url}#/appointments`);
  await heading(tab, "Your appointments");
  await tab.close();
}

/** A link to a page that needs an account leads there after the sign-in, and the page has the focus. */
async function signsInForPage(page, nora) {
  await button(page, "Sign out").click();
  await visit(page, "appointments");
  await heading(page, "Sign in");
  await signIn(page, nora.email);
  await heading(page, "Your appointments");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
  await visit(page, "%");
  await heading(page, "Page not found");
}

/** Returns the last Sunday of the next October, on which clocks in Berlin are set back. It is within the booking horizon. */
function clockChange() {
  const today = new Date();
  for (const year of [today.getUTCFullYear(), today.getUTCFullYear() + 1]) {
    const day = new Date(Date.UTC(year, 9, 31));
    day.setUTCDate(31 - day.getUTCDay());
    if (day > today) return day.toISOString().slice(0, 10);
  }
  throw new Error("no clock change");
}

async function seesRepeatedHour(open, { call, admin, doctor, setClinic, size }, nora) {
  const day = clockChange();
  await setClinic({ time_zone: "Europe/Berlin" });
  const hours = `doctors/${doctor.id}/working_hours`;
  const before = await call("GET", hours);
  await call("PUT", hours, { token: admin, list: [{ weekday: "Sun", start: "00:00", end: "06:00" }] });
  const page = await open({ timezoneId: "Europe/Berlin" });
  await signIn(page, nora.email);
  await visit(page, `doctors/${doctor.id}`);
  await page.getByLabel("Date", { exact: true }).fill(day);
  for (const offset of ["GMT+2", "GMT+1"]) await button(page, `2:30 ${offset}`).or(button(page, `02:30 ${offset}`)).waitFor();
  await accessible(page, "an hour that is repeated");
  await button(page, "2:30 GMT+1").or(button(page, "02:30 GMT+1")).click();
  await page.getByRole("dialog").getByText(/2:30 GMT\+1/).waitFor();
  await picture(page, `front-repeated-hour-${size}`);
  await page.context().close();
  await call("PUT", hours, { token: admin, list: before });
  await setClinic({ time_zone: "UTC" });
}

/** In Arabic, the way back in time points to the right, where the text begins. */
async function arrowsPointTheRightWay(open, { doctor }) {
  const page = await open({ locale: "ar-EG" });
  await visit(page, `doctors/${doctor.id}`);
  const earlier = page.locator(".date-picker button").first();
  await earlier.waitFor();
  const flips = await earlier.locator("svg").evaluate((icon) => {
    let flips = 0;
    for (let element = icon; element; element = element.parentElement) {
      if (new DOMMatrix(getComputedStyle(element).transform).a < 0) flips += 1;
    }
    return flips;
  });
  assert.equal(flips, 1);
  const [first, last] = [await earlier.boundingBox(), await page.locator(".date-picker button").last().boundingBox()];
  assert.ok(first.x > last.x, "the earlier days are on the right");
  await page.context().close();
}

story(
  async ({ open, size, url }) => {
    const scene = await setUp(url, size);
    try {
      const nora = await scene.patient("Nora Patel");
      await findsOneOfMany(open, size);
      await arrowsPointTheRightWay(open, scene);
      const page = await open();
      await visit(page, "%");
      await heading(page, "Sign in");
      await signIn(page, nora.email);
      await isTooLate(page, scene, nora);
      await listsAppointments(page, scene, nora);
      await opensNewTab(page, url);
      await signsInForPage(page, nora);
      await seesRepeatedHour(open, scene, nora);
      await doctorLeaves(page, scene, nora);
      await page.context().close();
    } finally {
      await scene.deactivate();
      await scene.restoreClinic();
    }
  },
  { sizes: ["phone", "desktop"], expected: /Failed to load resource: the server responded with a status of 40[34]/ },
);
