// A patient follows a mail's link to an appointment, without an account's session: says that they will come, reschedules and
// cancels.
const assert = require("node:assert/strict");
const { follow, heading, routeInMail } = require("./mails.js");
const { timeOn } = require("./scene.js");
const { addressOf, story, dayAhead, signIn, accessible, picture, PASSWORD, PEOPLE } = require("./support.js");

/** As long as names can be. */
const LONG_NAME = `Dr. Maximiliana ${"Featherstonehaugh-".repeat(4)}Lawrence`;
const CLINIC = { phone: "+49 30 1234567", email: "desk@clinic.example", address: "Seestraße 10, 13353 Berlin" };
const TITLE = "Your appointment";
const UNKNOWN = `#/links/${"A".repeat(43)}`;
/** All these days are in the future. */
const [TUESDAY, WEDNESDAY] = [1, 2].map((day) => dayAhead(day).toISOString().slice(0, 10));

const api = (url) => async (token, method, path, body) => {
  const headers = { Accept: "application/json", "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL(path, url), { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
};

/** Creates a doctor and a patient, and functions that change appointments from elsewhere. */
async function setUp(url, size) {
  const call = api(url);
  const login = async (email) => (await call("", "POST", "login", { email, password: PASSWORD })).access_token;
  const admin = await login(PEOPLE.admin);
  const unique = `${size}-${crypto.randomUUID()}@example.org`;
  const setPolicy = (policy) => call(admin, "PATCH", "clinic", policy);
  await setPolicy({ ...CLINIC, patient_cancel_notice: 60, patient_reschedule_notice: 60 });
  const register = (person) => call(admin, "POST", "register", { password: PASSWORD, ...person });
  const doctor = { name: LONG_NAME, specialty: "Sleep medicine", email: `max-${unique}`, account_type: "Doctor" };
  const { id } = await register(doctor);
  const patient = async (name) => {
    const email = `${name}-${unique}`;
    await register({ name, email, account_type: "Patient" });
    return { email, token: await login(email) };
  };
  const [nora, ravi, lena] = [await patient("Nora"), await patient("Ravi"), await patient("Lena")];
  const book = ({ token }, start_date) => call(token, "POST", `doctors/${id}/book`, { start_date, duration: 30 });
  const move = (appointment, start_date) => call(admin, "POST", `appointments/${appointment}/reschedule`, { start_date });
  const deactivate = () => call(admin, "POST", `accounts/${id}/deactivate`, { appointments: "cancel" });
  return { nora, ravi, lena, book, move, setPolicy, deactivate };
}

const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const alert = (page, text) => page.getByRole("alert").getByText(text).waitFor();
const chip = (page, text) => page.getByText(text, { exact: true }).waitFor();

/** The page names the doctor, the time and the clinic, and stays where it is: the link works again. */
async function seesAppointment(page, { url, route, size }) {
  await follow(page, url, route, TITLE);
  for (const text of [LONG_NAME, "Sleep medicine", /10:00/, "30 min", CLINIC.address]) await page.getByText(text).first().waitFor();
  assert.equal(await page.getByRole("link", { name: CLINIC.phone }).getAttribute("href"), "tel:+49301234567");
  await accessible(page, "a linked appointment");
  await picture(page, `link-${size}`);
}

async function confirms(page, { size, route }) {
  await button(page, "I will come").click();
  await status(page, "Thank you. The clinic now knows that you will come.");
  await chip(page, "Confirmed");
  assert.equal(await button(page, "I will come").count(), 0);
  await accessible(page, "a confirmed appointment");
  await picture(page, `link-confirmed-${size}`);
  const stored = await page.evaluate(() => JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.ok((await addressOf(page)).endsWith(route) && !stored.includes(route.split("/").at(-1)), stored);
}

/** Another patient is faster at first. */
async function reschedules(page, { ravi, book, size }) {
  await page.reload();
  await chip(page, "Confirmed");
  await button(page, "Reschedule appointment").click();
  const dialog = page.getByRole("dialog", { name: "Reschedule this appointment" });
  await (await timeOn(dialog, "15:00")).click();
  await accessible(page, "a rescheduling by link");
  await picture(page, `link-reschedule-${size}`);
  await book(ravi, `${WEDNESDAY}T15:00:00Z`);
  await dialog.getByRole("button", { name: /^Reschedule to .* 15:00$/ }).click();
  await alert(dialog, "This time has just been taken.");
  await accessible(page, "alternatives by link");
  await picture(page, `link-alternatives-${size}`);
  await dialog.getByRole("alert").getByRole("button").first().click();
  await status(page, "Your appointment has been rescheduled");
  // It is to be confirmed again.
  await button(page, "I will come").waitFor();
  await picture(page, `link-rescheduled-${size}`);
}

/** The clinic has moved the appointment since the page was loaded. */
async function cancels(page, { id, move, size }) {
  await move(id, `${TUESDAY}T11:30:00Z`);
  await button(page, "Cancel appointment").click();
  const dialog = page.getByRole("dialog", { name: "Cancel this appointment?" });
  await accessible(page, "a cancellation by link");
  await picture(page, `link-cancel-${size}`);
  await button(dialog, "No, keep it").click();
  await button(page, "Cancel appointment").click();
  await dialog.getByLabel("Reason").fill("I am well again.");
  await button(dialog, "Yes, cancel it").click();
  await alert(dialog, "The appointment has been changed in the meantime.");
  await dialog.getByText("11:30").waitFor();
  await button(dialog, "Yes, cancel it").click();
  await status(page, "Your appointment has been cancelled");
  await chip(page, "Cancelled");
  await accessible(page, "an appointment cancelled by link");
  await picture(page, `link-cancelled-${size}`);
}

/** The policy changes while the page is open. */
async function isTooLate(page, { url, lena, book, setPolicy, size }) {
  await book(lena, `${TUESDAY}T09:00:00Z`);
  await follow(page, url, await routeInMail(lena.email, "links"), TITLE);
  await setPolicy({ patient_cancel_notice: null, patient_reschedule_notice: null });
  await button(page, "Cancel appointment").click();
  await button(page, "Yes, cancel it").click();
  // The policy no longer allows it at all.
  await alert(page.getByRole("dialog"), "To cancel the appointment, call the clinic.");
  await page.getByRole("dialog").getByRole("link", { name: CLINIC.phone }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByText("To cancel or reschedule the appointment, call the clinic.").waitFor();
  assert.equal(await page.getByRole("button", { name: /appointment$/ }).count(), 0);
  await accessible(page, "an appointment that only the clinic can change");
  await picture(page, `link-call-${size}`);
}

/** A link that no longer works, without a session and with one. */
async function doesNotWork(page, { url, nora, size }) {
  await follow(page, url, UNKNOWN, TITLE);
  await alert(page, "This link does not work.");
  await page.getByRole("link", { name: CLINIC.phone }).waitFor();
  await accessible(page, "a link that does not work");
  await picture(page, `link-expired-${size}`);
  // The link of the header leads back to this page, that of the page to the appointments.
  await page.getByRole("banner").getByRole("link", { name: "Sign in" }).click();
  await heading(page, "Sign in");
  await page.goBack();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await heading(page, "Sign in");
  await signIn(page, nora.email);
  await heading(page, "Your appointments");
  await follow(page, url, UNKNOWN, TITLE);
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await heading(page, /^Find a doctor at/);
}

/** In another time zone, in dark mode, and in Arabic. */
async function otherSettings(open, { url, route, size }) {
  const page = await open({ timezoneId: "Asia/Tokyo", colorScheme: "dark" });
  await follow(page, url, route, TITLE);
  await page.getByText(/19:00 your time/).waitFor();
  await accessible(page, "a linked appointment in dark mode");
  await picture(page, `link-dark-${size}`);
  await button(page, "Reschedule appointment").click();
  await page.getByRole("dialog").getByRole("heading", { level: 3 }).first().waitFor();
  await picture(page, `link-reschedule-dark-${size}`);
  await page.context().close();
  for (const colorScheme of ["light", "dark"]) {
    const arabic = await open({ locale: "ar-EG", colorScheme });
    await follow(arabic, url, route, "موعدك");
    await button(arabic, "سأحضر").waitFor();
    await accessible(arabic, `a linked appointment in Arabic, ${colorScheme}`);
    await picture(arabic, `link-arabic-${colorScheme}-${size}`);
    await button(arabic, "إلغاء الموعد").click();
    await accessible(arabic, `a cancellation by link in Arabic, ${colorScheme}`);
    await picture(arabic, `link-cancel-arabic-${colorScheme}-${size}`);
    await follow(arabic, url, UNKNOWN, "موعدك");
    await accessible(arabic, `a link that does not work, in Arabic, ${colorScheme}`);
    await picture(arabic, `link-expired-arabic-${colorScheme}-${size}`);
    await arabic.context().close();
  }
}

story(
  async ({ open, size, url }) => {
    const people = await setUp(url, size);
    const id = await people.book(people.nora, `${WEDNESDAY}T10:00:00Z`);
    const scene = { ...people, id, url, size, route: await routeInMail(people.nora.email, "links") };
    const page = await open();
    await otherSettings(open, scene);
    await seesAppointment(page, scene);
    await confirms(page, scene);
    await reschedules(page, scene);
    await cancels(page, scene);
    await isTooLate(page, scene);
    await doesNotWork(page, scene);
    await scene.deactivate();
  },
  { sizes: ["phone", "desktop"], expected: /status of (401|403|409|412|422)/ },
);
