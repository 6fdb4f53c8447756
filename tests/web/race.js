// Two patients, each in their own browser, book the same time at once. One gets it, the other gets alternatives.
const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const { story, dayAhead, signIn, PASSWORD } = require("./support.js");

const THURSDAY = dayAhead(3);
const DATE = THURSDAY.toISOString().slice(0, 10);

/** Registers a patient, signs in, and opens the booking dialog for a time. */
async function openBooking(open, url, time) {
  const account = { name: "Robin Quick", email: `race-${randomUUID()}@example.org`, password: PASSWORD, account_type: "Patient" };
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(new URL("register", url), { method: "POST", headers, body: JSON.stringify(account) });
  assert.equal(response.status, 201);
  const page = await open();
  await signIn(page, account.email);
  await page.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
  await page.getByLabel("Date", { exact: true }).fill(DATE);
  const day = page.getByRole("region", { name: new RegExp(`^Thu,? ${THURSDAY.getUTCDate()} `) });
  await day.getByRole("button", { name: time }).click();
  await page.getByRole("dialog", { name: "Book this appointment?" }).waitFor();
  return page;
}

const booked = (page) => page.getByText("Your appointment is booked.").waitFor();
const conflict = (page) => page.getByRole("alert").getByText("This time has just been taken.").waitFor();

story(
  async ({ open, size, url }) => {
    const time = size === "phone" ? "10:00" : "14:00";
    const pages = [await openBooking(open, url, time), await openBooking(open, url, time)];
    await Promise.all(pages.map((page) => page.getByRole("button", { name: "Book appointment" }).click()));
    const outcome = (page) => Promise.race([booked(page).then(() => "booked"), conflict(page).then(() => "conflict")]);
    const outcomes = await Promise.all(pages.map(outcome));
    assert.deepEqual(outcomes.toSorted(), ["booked", "conflict"]);

    const second = pages[outcomes.indexOf("conflict")];
    await second.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
    await booked(second);
  },
  { expected: /status of 409/ },
);
