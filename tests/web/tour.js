// Every view in light and dark, on a phone and a desktop in every language, and on a tablet in German: axe finds nothing,
// nothing is wider than the screen, nothing moves while it is loading, and no text is in another language. Second argument: the
// size.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, receptionist, PEOPLE, countShifts, shifted } = require("./support.js");

/** The largest layout shift of a view (the Cumulative Layout Shift of Web Vitals). */
const MOST_SHIFT = 0.02;

/** On a tablet only German, whose words are the longest: the layouts of a phone and of a desktop are shown in all languages. */
const LANGUAGES = { phone: ["en", "de", "ar"], tablet: ["de"], desktop: ["en", "de", "ar"] };

const OPEN = ["", "sign-in", "register", "forgot-password", "nowhere", "%", "links/unknown", "verify-email/unknown"];
const VIEWS = {
  patient: ["", "appointments", "account"],
  doctor: ["", "week", "hours", "account"],
  receptionist: ["", "patients", "appointments", "messages", "account"],
  admin: ["", "patients", "appointments", "accounts", "reports", "messages", "policy", "types", "closures", "audit", "account"],
};

const nameOf = (view) => view.replace(/[^a-z]+/g, "-") || "start";

/** Opens a view by its address, as from a link, and waits until it has loaded. */
async function show(page, url, view) {
  await page.goto(`${url}#/${view}`);
  await page.reload();
  await page.locator("main h1").first().waitFor();
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await page.waitForLoadState("networkidle");
}

/** All that is wrong, so that one run shows the faults of every view. */
const faults = [];
const note = (fault) => faults.push(fault instanceof Error ? `${fault.message} ${JSON.stringify(fault.actual)}` : fault);

/** Checks the open view in both themes. */
async function check(page, name) {
  const shift = await shifted(page);
  if (shift > MOST_SHIFT) note(`${name} shifts by ${shift}`);
  if ((await page.locator("main [lang=en]").count()) > 0) note(`${name} has an English text`);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `${name} ${colorScheme}`).catch(note);
    await picture(page, `tour-${name}-${colorScheme}`, { fullPage: true });
  }
  // The browser chooses these colours, so there is nothing for axe to check, only something to look at.
  await page.emulateMedia({ forcedColors: "active", colorScheme: "light" });
  await picture(page, `tour-${name}-forced`, { fullPage: true });
  await page.emulateMedia({ forcedColors: "none" });
}

/** The pages of the first doctor, appointment and patient that the account can see. */
async function found(page, account) {
  const all = ["doctors", "appointments", "patients"].map((page) => `main a[href^='#/${page}/']`).join();
  const links = account === "doctor" ? [] : await page.locator(all).all();
  const views = await Promise.all(links.map((link) => link.getAttribute("href")));
  const first = (start) => views.find((view) => view.startsWith(start))?.slice(2);
  return [first("#/doctors/"), first("#/appointments/"), first("#/patients/")].filter(Boolean);
}

async function tour(open, url, size, language, people) {
  const page = await open({ locale: language === "en" ? "en-GB" : language });
  await page.addInitScript(countShifts);
  for (const view of OPEN) {
    await show(page, url, view);
    await check(page, `${language}-open-${nameOf(view)}-${size}`);
  }
  await show(page, url, "");
  for (const view of await found(page)) {
    await show(page, url, view);
    await check(page, `${language}-open-doctor-${size}`);
  }
  await page.context().close();
  for (const [account, views] of Object.entries(VIEWS)) {
    const page = await open({ locale: "en-GB" });
    await signIn(page, people[account]);
    await page.evaluate((language) => localStorage.setItem("language", language), language);
    await page.addInitScript(countShifts);
    const more = new Set();
    for (const view of views) {
      await show(page, url, view);
      await check(page, `${language}-${account}-${nameOf(view)}-${size}`);
      for (const one of await found(page, account)) more.add(one);
    }
    for (const view of [...more].slice(0, 4)) {
      await show(page, url, view);
      await check(page, `${language}-${account}-${nameOf(view.split("?")[0])}-one-${size}`);
    }
    await page.context().close();
  }
}

/** The page of all components. A build for release does not have it. */
async function kit(open, url, size, language) {
  const page = await open({ locale: language === "en" ? "en-GB" : language });
  await page.goto(new URL("web/kit", url).href);
  await page.getByRole("heading", { level: 1 }).waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `the components, ${language} ${colorScheme}`).catch(note);
    await picture(page, `kit-${language}-${colorScheme}-${size}`, { fullPage: true });
  }
  await page.context().close();
}

story(
  async ({ open, size, url }) => {
    const people = { ...PEOPLE, receptionist: await receptionist(url) };
    for (const language of LANGUAGES[size]) {
      await kit(open, url, size, language);
      await tour(open, url, size, language, people);
    }
    assert.deepEqual(faults, []);
  },
  { sizes: [process.argv[3]], expected: /status of (401|404|422)/ },
);
