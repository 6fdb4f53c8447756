// Takes the pictures of the documents, of the demo clinic that `make run` starts.
const { story, signIn, picture, PEOPLE } = require("./support.js");

/** Each page by its picture: who sees it, and its address. */
const PAGES = [
  ["start", undefined, ""],
  ["booking", undefined, "DOCTOR"],
  ["doctor-week", "doctor", "week"],
  ["clinic-day", "admin", ""],
];

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
  },
  { sizes: ["phone", "desktop"] },
);
