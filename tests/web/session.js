// A session ends: by itself, in another tab, or since the clinic says so. Nobody waits here: the page's clock is ours.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, PEOPLE } = require("./support.js");

const MINUTE = 60_000;
const NAME = "Sam Rivera";

const stored = (page) => page.evaluate(() => sessionStorage.getItem("token"));
const renewal = (page) => page.waitForResponse((response) => response.url().endsWith("/me/token"));

/** Nothing of the account is on the page, in its title or in the tab's storage, and the page says why. */
async function over(page, why) {
  await page.getByRole("status").filter({ hasText: why }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  const shown = await page.evaluate(() => document.title + document.documentElement.innerHTML);
  assert.ok(!shown.includes(NAME), shown);
}

/** Time passes on the page, and what was to happen in it does. */
const pass = (page, minutes) => page.clock.fastForward(minutes * MINUTE);

async function enter(page, who = PEOPLE.patient) {
  await signIn(page, who);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

const ending = (page) => page.getByRole("dialog", { name: "Are you still there?" });

async function endsByItself(page, size) {
  await enter(page);
  // What the page still asks for when the token is old would renew it.
  await page.getByText("First free time").nth(2).waitFor();
  const first = await stored(page);
  await pass(page, 57);
  assert.equal(await ending(page).count(), 0);
  await pass(page, 1.5);
  await ending(page).getByText("You will be signed out at").waitFor();
  await accessible(page, "the end of a session ahead");
  await picture(page, `session-ending-${size}`);
  const renewed = renewal(page);
  await ending(page).getByRole("button", { name: "Stay signed in" }).click();
  assert.equal((await renewed).status(), 200);
  await ending(page).waitFor({ state: "detached" });
  assert.notEqual(await stored(page), first);

  // By keyboard: the dialog begins at its button.
  await pass(page, 59);
  await ending(page).waitFor();
  await Promise.all([renewal(page), page.keyboard.press("Enter")]);
  await ending(page).waitFor({ state: "detached" });

  // Nobody is there.
  await pass(page, 59);
  await ending(page).waitFor();
  await pass(page, 1);
  await over(page, "because your session expired");
  assert.ok(await page.evaluate(() => document.activeElement.textContent.includes("your session expired")));
  await accessible(page, "an expired session");
  await picture(page, `session-expired-${size}`);
}

/** The page says why in either language, and the reader comes back to where they were. */
async function saysWhy(page, size) {
  await page.getByLabel("Language").selectOption("العربية");
  await over(page, "لأن مدة جلستك انتهت");
  await accessible(page, "an expired session, in Arabic");
  await picture(page, `session-expired-ar-${size}`);
  await page.getByLabel("اللغة").selectOption("English");
  await over(page, "because your session expired");
}

/** The machine sleeps, and its timers with it. */
async function sleeps(page) {
  await enter(page);
  await page.getByRole("link", { name: NAME }).click();
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await page.clock.setSystemTime(await page.evaluate((hours) => Date.now() + hours * 3_600_000, 8));
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await over(page, "because your session expired");
  await enter(page);
  await page.getByRole("heading", { name: "Your account" }).waitFor();
}

/** A tab that starts with a token that has expired asks nothing with it. */
async function startsTooLate(page) {
  await page.clock.setSystemTime(await page.evaluate(() => Date.now() + 3_600_000));
  const asked = [];
  const note = (request) => request.headers().authorization && asked.push(request.url());
  page.on("request", note);
  await page.reload();
  await over(page, "because your session expired");
  assert.deepEqual(asked, []);
  page.off("request", note);
}

/** Whoever writes is there: what they write stays, and so do they. */
async function writing(page) {
  await enter(page);
  await page.getByLabel("Name", { exact: true }).fill("");
  await pass(page, 31);
  // Out of reach at first, and tried again with a later key.
  await page.route("**/me/token", (route) => route.abort());
  const failed = page.waitForEvent("requestfailed");
  await page.getByLabel("Name", { exact: true }).press("S");
  await failed;
  await page.unroute("**/me/token");
  await pass(page, 1);
  await Promise.all([renewal(page), page.getByLabel("Name", { exact: true }).press("a")]);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Sa");
}

/** After twelve hours a password is asked for again. Until then the token is good, and the page says when. */
async function tooLongAgo(page, size) {
  const problem = { type: "/problems/unauthorized", title: "The sign-in has expired", status: 401, detail: "", request_id: "" };
  await page.route("**/me/token", (route) => route.fulfill({ status: 401, contentType: "application/problem+json", json: problem }));
  await pass(page, 31);
  await Promise.all([renewal(page), page.getByLabel("Name", { exact: true }).press("m")]);
  await pass(page, 27.5);
  const last = page.getByRole("dialog").filter({ hasText: "You signed in 12 hours ago." });
  await last.waitFor();
  assert.equal(await last.getByRole("button", { name: "Stay signed in" }).count(), 0);
  await accessible(page, "the end of a day ahead");
  await picture(page, `session-last-${size}`);
  await last.getByRole("button", { name: "Go on until then" }).click();
  await last.waitFor({ state: "detached" });
  await page.unroute("**/me/token");
  await pass(page, 2);
  await over(page, "because your session expired");
}

/** What is asked in the background, and refused, ends it too: here the clinic has ended the token. */
async function isRefused(page) {
  await enter(page);
  await pass(page, 31);
  const token = await stored(page);
  await page.evaluate((token) => sessionStorage.setItem("token", token.replace(/..$/, "")), token);
  await page.getByRole("heading", { level: 1 }).click();
  await over(page, "Your session has ended.");
}

/** One who signs out does so in all tabs, and nobody else. */
async function tabs(page) {
  const [same, other] = [await page.context().newPage(), await page.context().newPage()];
  for (const [tab, who] of [[page, PEOPLE.patient], [same, PEOPLE.patient], [other, PEOPLE.doctor]]) {
    if (tab !== page) await tab.goto(page.url());
    await enter(tab, who);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await over(same, "You have been signed out in another tab.");
  await other.getByRole("button", { name: "Sign out" }).waitFor();
  assert.ok(await stored(other));
  await same.close();
  await other.close();
}

/** The browser shows a page again that it has kept as it was, and the tab has signed out since. */
async function kept(page) {
  await enter(page);
  await page.evaluate(() => {
    sessionStorage.clear();
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByText(NAME).waitFor({ state: "detached" });

  // Or somebody else has signed in: their page is loaded.
  await enter(page);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await enter(other, PEOPLE.doctor);
  await page.evaluate((token) => {
    sessionStorage.setItem("token", token);
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  }, await stored(other));
  await page.getByRole("link", { name: "Dr. Amara Okafor" }).waitFor();
  assert.equal(await page.getByText(NAME).count(), 0);
  await other.close();
}

story(
  async ({ open, size }) => {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open({ colorScheme });
      await page.clock.install();
      await page.reload();
      await endsByItself(page, `${colorScheme}-${size}`);
      await saysWhy(page, `${colorScheme}-${size}`);
      if (colorScheme === "light") {
        await sleeps(page);
        await startsTooLate(page);
        await writing(page);
        await tooLongAgo(page, size);
        await isRefused(page);
        await tabs(page);
        await kept(page);
      }
      await page.context().close();
    }
  },
  { expected: /status of 401|ERR_FAILED/ },
);
