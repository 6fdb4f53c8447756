// Takes the pictures of the documents, of the demo clinic that `make run` starts.
const { story, signIn, picture, PEOPLE } = require("./support.js");

/** Each page by its picture: who sees it, and its address. */
const PAGES = [
  ["start", undefined, ""],
  ["booking", undefined, "DOCTOR"],
  ["doctor-week", "doctor", "week"],
  ["clinic-day", "admin", ""],
];

/** The upper part of a sheet of A4, with 96 pixels per inch. */
const PAPER = { viewport: { width: 794, height: 320 }, deviceScaleFactor: 1 };

/** The day of a doctor on paper: the next Monday, which has appointments. */
async function printedDay(page) {
  await signIn(page, PEOPLE.doctor);
  const monday = new Date(Date.now() + ((8 - new Date().getUTCDay()) % 7 || 7) * 86_400_000).toISOString().slice(0, 10);
  await page.evaluate((day) => (location.hash = `#/day/${day}`), monday);
  await page.getByRole("button", { name: "Print" }).waitFor();
  await page.locator("[aria-busy=true], .loading").first().waitFor({ state: "detached" });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.locator(".paper table").first().waitFor();
  await picture(page, "printed-day");
  await page.context().close();
}

story(
  async ({ open, size }) => {
    for (const [name, account, address] of PAGES) {
      const page = await open({ deviceScaleFactor: size === "phone" ? 2 : 1 });
      if (account) await signIn(page, PEOPLE[account]);
      const doctor = page.getByRole("link", { name: "Dr. Amara Okafor" }).first();
      const hash = address === "DOCTOR" ? (await doctor.getAttribute("href")).split("?")[0] : `#/${address}`;
      await page.evaluate((hash) => (location.hash = hash), hash);
      await page.locator("main h1").first().waitFor();
      await page.waitForLoadState("networkidle");
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
      await picture(page, `${name}-${size}`);
      await page.context().close();
    }
    if (size === "desktop") await printedDay(await open({ ...PAPER }));
  },
  { sizes: ["phone", "desktop"] },
);
