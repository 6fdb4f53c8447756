// How many round trips a first visit takes. The story answers the requests of a page in rounds: it waits until the page sends
// no more requests, then answers all of them at once. So nothing depends on how fast the machine is.
const assert = require("node:assert/strict");
const { apiFor, receptionist, signedIn, tokenOf, story, PEOPLE } = require("./support.js");

/** The rounds after the document of the page: first its scripts and styles, then texts, the view's code and its data. */
const MOST_ROUNDS = 2;
/** How long a page sends no request before its requests are answered, in milliseconds. */
const QUIET = 400;
/** How long to wait for a page that sends no request and shows nothing useful, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** Each page by its account and address, with what is useful on it. */
const PAGES = [
  [undefined, "", (page) => page.getByRole("link", { name: "Dr. Amara Okafor" })],
  [undefined, "doctors/DOCTOR", (page) => page.getByRole("heading", { name: "Dr. Amara Okafor", level: 1 })],
  ["patient", "", (page) => page.getByRole("link", { name: "Dr. Amara Okafor" })],
  ["patient", "appointments", (page) => page.locator("main a[href^='#/appointments/']")],
  ["doctor", "", (page) => page.getByRole("grid")],
  ["doctor", "week", (page) => page.getByRole("grid")],
  ["receptionist", "", (page) => page.getByText("Dr. Amara Okafor")],
  ["receptionist", "patients", (page) => page.getByRole("link", { name: "Sam Rivera" })],
  ["receptionist", "patients/PATIENT", (page) => page.getByRole("heading", { name: "Past appointments" })],
  ["receptionist", "appointments", (page) => page.locator("main .list, main .table, main .empty")],
  ["admin", "", (page) => page.getByText("Dr. Amara Okafor")],
  ["admin", "appointments", (page) => page.locator("main .list, main .table, main .empty")],
  ["admin", "accounts", (page) => page.getByRole("link", { name: "Dr. Amara Okafor" })],
  ["admin", "policy", (page) => page.getByLabel("Name of the clinic")],
  ["admin", "audit", (page) => page.getByRole("table")],
  ["admin", "types", (page) => page.locator("main .table, main .empty")],
];

/** Pages that load times, where the clinic has a type of another length than most clinics: with that, they wait for no more. */
const PAGES_WITH_TYPES = [
  [undefined, "", (page) => page.getByRole("list", { name: "First free times of Dr. Amara Okafor" })],
  [undefined, "doctors/DOCTOR", (page) => page.getByRole("group", { name: "Days" })],
  ["patient", "", (page) => page.getByRole("list", { name: "First free times of Dr. Amara Okafor" })],
  ["patient", "doctors/DOCTOR", (page) => page.getByRole("group", { name: "Days" })],
];

/** Opens a page with a session, answers its requests in rounds, and returns how many rounds there were until it was useful. */
async function roundsOf(open, url, token, address, useful) {
  const page = await open();
  // A first visit: nothing is in the browser's cache.
  await page.goto("about:blank");
  if (token) await page.addInitScript((token) => sessionStorage.setItem("token", token), token);
  let held = [];
  let last = Date.now();
  const asked = [];
  await page.route("**/*", (route) => {
    // The page itself is not counted.
    if (route.request().isNavigationRequest()) return route.continue();
    asked.push(new URL(route.request().url()).pathname);
    held.push(route);
    last = Date.now();
  });
  await page.goto(`${url}#/${address}`, { waitUntil: "commit" });
  for (let rounds = 0; rounds < 8; ) {
    while (held.length === 0 || Date.now() - last < QUIET) {
      if (await useful(page).first().isVisible()) {
        await page.unrouteAll({ behavior: "ignoreErrors" });
        await page.context().close();
        return { rounds, asked };
      }
      assert.ok(Date.now() - last < LONGEST_WAIT, `${address} is not useful after these requests: ${asked.join(" ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const answered = held;
    held = [];
    rounds += 1;
    asked.push(`(round ${rounds})`);
    await Promise.all(answered.map((route) => route.continue()));
    last = Date.now();
  }
  throw new Error(`${address} is not useful after these requests: ${asked.join(" ")}`);
}

story(
  async ({ open, url }) => {
    const [doctor] = await apiFor(url)("GET", "doctors?q=okafor");
    const people = { ...PEOPLE, receptionist: await receptionist(url) };
    const { id: patient } = await apiFor(url, await tokenOf(url, PEOPLE.patient))("GET", "me");
    const measure = async (pages) => {
      for (const [account, address, useful] of pages) {
        const token = account && (await tokenOf(url, people[account]));
        const page = address.replace("DOCTOR", doctor.id).replace("PATIENT", patient);
        const { rounds, asked } = await roundsOf(open, url, token, page, useful);
        console.log(`${account ?? "anyone"} ${address || "start page"}: ${rounds} round trips`);
        assert.ok(rounds <= MOST_ROUNDS, `${address} of ${account} takes ${rounds} round trips: ${asked.join(" ")}`);
      }
    };
    await measure(PAGES);
    const admin = await signedIn(url, PEOPLE.admin);
    const type = await admin("POST", "appointment_types", { name: "Long visit", duration: 55, bookable_by: "Anyone" });
    await measure(PAGES_WITH_TYPES);
    await admin("PATCH", `appointment_types/${type.id}`, { active: false });
  },
  { sizes: ["phone"] },
);
