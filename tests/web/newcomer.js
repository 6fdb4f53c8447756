// A patient with a demo account books a free time of a doctor, and the doctor sees the appointment.
const { addressOf, story, signIn, PEOPLE } = require("./support.js");
const { booked } = require("./scene.js");

story(
  async ({ open }) => {
    const page = await open();
    await signIn(page, PEOPLE.patient);
    // Not the first time, which can begin before it is booked.
    await page.getByRole("list", { name: "First free times of Dr. Amara Okafor" }).getByRole("link").nth(1).click();
    await page.getByRole("button", { name: "Book appointment" }).waitFor();
    const start = new URLSearchParams((await addressOf(page)).split("?")[1]).get("time");
    await page.getByRole("button", { name: "Book appointment" }).click();
    await booked(page);
    await page.getByRole("button", { name: "Sign out" }).click();

    await signIn(page, PEOPLE.doctor);
    await page.getByLabel("Date", { exact: true }).fill(start.slice(0, 10));
    const time = start.slice(11, 16).replace(/^0/, "");
    await page.getByRole("link", { name: new RegExp(`\\b0?${time} Sam Rivera`) }).waitFor();
  },
  { sizes: ["phone", "desktop"] },
);
