// Connections are lost while a patient books. The page says what it does not know, keeps trying, and says what happened: in
// the dialog, after it was closed, and after the page was loaded again.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture } = require("./support");
const { setUp, visit, openBooking, booked, countAt } = require("./scene");

const UNKNOWN = "We do not know yet whether your appointment is booked.";
const button = (page, name) => page.getByRole("button", { name, exact: true });
const notice = (page, text) => page.getByRole("status").filter({ hasText: text });

/** Whether an element is on the screen, and not below the header. */
const inView = (element) =>
  element.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= document.querySelector("header").offsetHeight && bottom <= innerHeight;
  });

/** The clinic gets the request and books, but the response is lost. */
async function loseResponse(route) {
  await route.fetch();
  await route.abort();
}

/** The request is lost. */
const loseRequest = (route) => route.abort();

/** Presses the button of the dialog while the connection is lost, and waits until the page has tried a few times. */
async function booksWithoutAnswer(page, scene, time, lose) {
  await openBooking(page, scene, time);
  await page.route("**/book", lose);
  await button(page, "Book appointment").click();
  await page.getByRole("dialog").getByText(UNKNOWN).waitFor();
}

/** One lost response: the page tries again without a word of the patient. */
async function losesOneResponse(page, scene) {
  await openBooking(page, scene, "9:00");
  await page.route("**/book", loseResponse, { times: 1 });
  await button(page, "Book appointment").click();
  await booked(page);
  assert.equal(await countAt(scene, "09:00"), 1);
}

async function triesAgainInDialog(page, scene) {
  await booksWithoutAnswer(page, scene, "10:00", loseResponse);
  await accessible(page, "no response");
  await picture(page, `booking-unknown-${scene.size}`);
  await page.unrouteAll({ behavior: "wait" });
  await button(page, "Try again").click();
  await booked(page);
  assert.equal(await countAt(scene, "10:00"), 1);
}

/** The patient closes the dialog, goes to another page and loads it again. The page still says what happened. */
async function leavesTheDialog(page, scene) {
  await booksWithoutAnswer(page, scene, "11:00", loseResponse);
  await button(page, "Close").click();
  await notice(page, UNKNOWN).waitFor();
  // The button that opened the dialog may be far below the notice.
  assert.ok(await notice(page, UNKNOWN).evaluate((notice) => notice === document.activeElement), "the notice has the focus");
  assert.ok(await inView(notice(page, UNKNOWN)), "the notice is in view");
  await accessible(page, "a booking whose outcome is unknown");
  await picture(page, `booking-unknown-closed-${scene.size}`);
  await visit(page, "appointments");
  await notice(page, UNKNOWN).waitFor();
  await page.reload();
  await notice(page, UNKNOWN).waitFor();
  await page.unrouteAll({ behavior: "wait" });
  // Without an action of the patient.
  await page.getByRole("link", { name: "View appointment" }).waitFor();
  assert.equal(await countAt(scene, "11:00"), 1);
  await page.getByRole("link", { name: "View appointment" }).click();
  await page.getByRole("heading", { name: "Your appointment", level: 1 }).waitFor();
  await page.getByRole("link", { name: "View appointment" }).waitFor({ state: "detached" });
}

/** No request has reached the clinic, and another patient has taken the time since. */
async function isRefusedLater(page, scene) {
  await booksWithoutAnswer(page, scene, "12:00", loseRequest);
  await button(page, "Close").click();
  await scene.book("12:00");
  await page.unrouteAll({ behavior: "wait" });
  await button(page, "Try again").click();
  await notice(page, "Your appointment is not booked. This time has just been taken.").waitFor();
  await accessible(page, "a booking that was refused later");
  await picture(page, `booking-refused-closed-${scene.size}`);
  assert.equal(await countAt(scene, "12:00"), 0);
  await page.getByRole("link", { name: "Choose another time" }).click();
  await page.getByRole("heading", { name: "Choose a time" }).waitFor();
}

/** A second booking waits until the outcome of the first one is known. */
async function waitsForTheFirst(page, scene) {
  await booksWithoutAnswer(page, scene, "13:00", loseRequest);
  await button(page, "Close").click();
  await openBooking(page, scene, "14:00");
  await page.getByRole("dialog").getByText(UNKNOWN).waitFor();
  assert.equal(await button(page, "Book appointment").count(), 0);
  await page.unrouteAll({ behavior: "wait" });
  await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
  await booked(page);
  assert.equal(await countAt(scene, "13:00"), 1);
  assert.equal(await countAt(scene, "14:00"), 0);
}

/** The session ends while the clinic has not answered. The next user of the tab sees nothing of that booking, and can book. */
async function isNotShownToTheNextUser(page, scene, name, end) {
  await openBooking(page, scene, "15:00");
  const intercepted = new Promise((resolve) => page.route("**/book", resolve, { times: 1 }));
  await button(page, "Book appointment").click();
  await end(await intercepted);
  const next = await scene.patient(name);
  await signIn(page, next.email);
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByRole("status").filter({ hasText: "Dr. Ines Haddad" }).count(), 0);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("booking")), null);
  await openBooking(page, scene, "16:00");
  await button(page, "Book appointment").waitFor();
  await button(page, "Close").click();
  await button(page, "Sign out").click();
  await signIn(page, scene.nora.email);
}

/** The API refuses the token, which ends the session. */
const tokenIsRefused = (route) =>
  route.fulfill({
    status: 401, contentType: "application/problem+json",
    json: { type: "/problems/unauthorized", title: "", status: 401, detail: "", request_id: "" },
  });

story(
  async ({ open, size, url }) => {
    const scene = await setUp(url, size);
    try {
      const nora = await scene.patient("Nora Patel");
      scene.nora = nora;
      const page = await open();
      await signIn(page, nora.email);
      await losesOneResponse(page, scene);
      await triesAgainInDialog(page, scene);
      await leavesTheDialog(page, scene);
      await isRefusedLater(page, scene);
      await waitsForTheFirst(page, scene);
      await isNotShownToTheNextUser(page, scene, "Mira Next", tokenIsRefused);
      await isNotShownToTheNextUser(page, scene, "Omar After", async (route) => {
        await button(page, "Close").click();
        await button(page, "Sign out").click();
        await page.getByRole("link", { name: "Sign in" }).waitFor();
        await route.abort();
      });
      await page.context().close();
    } finally {
      await scene.deactivate();
      await scene.restoreClinic();
    }
  },
  { sizes: ["phone", "desktop"], expected: /Failed to load resource: (the server responded with a status of (401|409)|net::ERR_FAILED)/ },
);
