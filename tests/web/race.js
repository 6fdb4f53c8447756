// Two patients, each in their own browser, book the same time at once. One gets it, the other gets alternatives.
const assert = require("node:assert/strict");
const { story, signIn } = require("./support.js");
const { setUp, openBooking, booked } = require("./scene.js");

const conflict = (page) => page.getByRole("alert").getByText("This time has just been taken.").waitFor();

/** Registers a patient, signs in, and opens the booking dialog for a time. */
async function opensBooking(open, scene, name) {
  const { email } = await scene.patient(name);
  const page = await open();
  await signIn(page, email);
  await openBooking(page, scene, "10:00");
  return page;
}

story(
  async ({ open, size, url }) => {
    const scene = await setUp(url, size);
    try {
      const pages = [await opensBooking(open, scene, "Robin Quick"), await opensBooking(open, scene, "Rosa Quick")];
      await Promise.all(pages.map((page) => page.getByRole("button", { name: "Book appointment" }).click()));
      const outcome = (page) => Promise.race([booked(page).then(() => "booked"), conflict(page).then(() => "conflict")]);
      const outcomes = await Promise.all(pages.map(outcome));
      assert.deepEqual(outcomes.toSorted(), ["booked", "conflict"]);

      const second = pages[outcomes.indexOf("conflict")];
      await second.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
      await booked(second);
    } finally {
      await scene.deactivate();
      await scene.restoreClinic();
    }
  },
  { sizes: ["phone", "desktop"], expected: /status of 409/ },
);
