// A patient with a demo account books an appointment, and the doctor sees it.
const { story, dayAhead, signIn, PEOPLE } = require("./support.js");

const FRIDAY = dayAhead(4);
const DATE = FRIDAY.toISOString().slice(0, 10);

story(async ({ open, size }) => {
  const time = size === "phone" ? "11:00" : "15:00";
  const page = await open();
  await signIn(page, PEOPLE.patient);
  await page.getByRole("main").getByRole("link", { name: "Dr. Amara Okafor" }).last().click();
  await page.getByLabel("Date", { exact: true }).fill(DATE);
  const day = page.getByRole("region", { name: new RegExp(`^Fri,? ${FRIDAY.getUTCDate()} `) });
  await day.getByRole("button", { name: time }).click();
  await page.getByRole("button", { name: "Book appointment" }).click();
  await page.getByText("Your appointment is booked.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();

  await signIn(page, PEOPLE.doctor);
  await page.getByLabel("Date", { exact: true }).fill(DATE);
  await page.getByRole("link", { name: `${time} Sam Rivera` }).waitFor();
});
