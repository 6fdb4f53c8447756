// Two patients, each in a browser of their own, want the same time at the same moment.
const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const { story, dayAhead, signIn, PASSWORD } = require("./support.js");

const THURSDAY = dayAhead(3);
const DATE = THURSDAY.toISOString().slice(0, 10);

/** A new patient, signed in, about to book the time. */
async function about(open, url, time) {
  const account = { name: "Robin Quick", email: `race-${randomUUID()}@example.org`, password: PASSWORD, account_type: "Patient" };
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(new URL("register", url), { method: "POST", headers, body: JSON.stringify(account) });
  assert.equal(answer.status, 201);
  const page = await open();
  await signIn(page, account.email);
  await page.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
  await page.getByLabel("Day", { exact: true }).fill(DATE);
  const day = page.getByRole("region", { name: new RegExp(`^Thu,? ${THURSDAY.getUTCDate()} `) });
  await day.getByRole("button", { name: time }).click();
  await page.getByRole("dialog", { name: "Book this appointment?" }).waitFor();
  return page;
}

const booked = (page) => page.getByText("Your appointment is booked.").waitFor();
const taken = (page) => page.getByRole("alert").getByText("This time has just been taken.").waitFor();

story(
  async ({ open, size, url }) => {
    const time = size === "phone" ? "10:00" : "14:00";
    const pages = [await about(open, url, time), await about(open, url, time)];
    await Promise.all(pages.map((page) => page.getByRole("button", { name: "Book", exact: true }).click()));
    const outcome = (page) => Promise.race([booked(page).then(() => "booked"), taken(page).then(() => "taken")]);
    const outcomes = await Promise.all(pages.map(outcome));
    assert.deepEqual(outcomes.toSorted(), ["booked", "taken"]);

    const late = pages[outcomes.indexOf("taken")];
    await late.getByRole("dialog").getByRole("listitem").getByRole("button").first().click();
    await booked(late);
  },
  { expected: /status of 409/ },
);
