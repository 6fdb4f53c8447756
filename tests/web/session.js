// How a session ends: by itself, in another tab, or because the clinic ends it. The page's clock is simulated.
const assert = require("node:assert/strict");
const { story, signIn, accessible, picture, PEOPLE } = require("./support.js");

const MINUTE = 60_000;
const NAME = "Sam Rivera";
/** How the clinic answers a renewal when the sign-in is too long ago. */
const REFUSAL = {
  status: 401,
  contentType: "application/problem+json",
  json: { type: "/problems/unauthorized", title: "The sign-in has expired", status: 401, detail: "", request_id: "" },
};

const stored = (page) => page.evaluate(() => sessionStorage.getItem("token"));
const renewal = (page) => page.waitForResponse((response) => response.url().endsWith("/me/token"));

/** Nothing of the account is on the page, in its title or in the tab's storage, and the page says why. */
async function over(page, why) {
  await page.getByRole("status").filter({ hasText: why }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  const shown = await page.evaluate(() => document.title + document.documentElement.innerHTML);
  assert.ok(!shown.includes(NAME), shown);
}

/** Moves the page's clock forward. Timers that are due fire. */
const pass = (page, minutes) => page.clock.fastForward(minutes * MINUTE);

async function enter(page, who = PEOPLE.patient) {
  await signIn(page, who);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

const ending = (page) => page.getByRole("dialog", { name: "Are you still there?" });

async function endsByItself(page, size) {
  await enter(page);
  // Waits for the page's last request: with an old token, it would renew the session.
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

  // By keyboard: the dialog opens with the focus on its button.
  await pass(page, 59);
  await ending(page).waitFor();
  await Promise.all([renewal(page), page.keyboard.press("Enter")]);
  await ending(page).waitFor({ state: "detached" });

  // Nobody answers.
  await pass(page, 59);
  await ending(page).waitFor();
  await pass(page, 1);
  await over(page, "because your session expired");
  assert.ok(await page.evaluate(() => document.activeElement.textContent.includes("your session expired")));
  await accessible(page, "an expired session");
  await picture(page, `session-expired-${size}`);
}

/** The page says why in both languages, also after it is reloaded for the other one. */
async function saysWhy(page, size) {
  await page.getByLabel("Language").selectOption("العربية");
  await over(page, "لأن مدة جلستك انتهت");
  await accessible(page, "an expired session, in Arabic");
  await picture(page, `session-expired-ar-${size}`);
  await page.getByLabel("اللغة").selectOption("English");
  await over(page, "because your session expired");
}

/** The machine sleeps, and timers do not fire. After signing in again, the user is back on the same page. */
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

/** A page that is loaded with an expired token sends no request with it. */
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

/** Typing also counts as use: it renews the session, and what is typed is not lost. */
async function writing(page) {
  await enter(page);
  await page.getByLabel("Name", { exact: true }).fill("");
  await pass(page, 31);
  // The first attempt fails, and a later key tries again.
  await page.route("**/me/token", (route) => route.abort());
  const failed = page.waitForEvent("requestfailed");
  await page.getByLabel("Name", { exact: true }).press("S");
  await failed;
  await page.unroute("**/me/token");
  await pass(page, 1);
  await Promise.all([renewal(page), page.getByLabel("Name", { exact: true }).press("a")]);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Sa");
}

/** After twelve hours the password is needed again. The last token stays valid until it expires, and the page says when. */
async function tooLongAgo(page, size) {
  await page.route("**/me/token", (route) => route.fulfill(REFUSAL));
  await pass(page, 31);
  await Promise.all([renewal(page), page.getByLabel("Name", { exact: true }).press("m")]);
  await pass(page, 27.5);
  const last = page.getByRole("dialog").filter({ hasText: "You signed in 12 hours ago." });
  await last.waitFor();
  assert.equal(await last.getByRole("button", { name: "Stay signed in" }).count(), 0);
  await accessible(page, "the end of a day ahead");
  await picture(page, `session-last-${size}`);
  await last.getByRole("button", { name: "Continue until then" }).click();
  await last.waitFor({ state: "detached" });
  await page.unroute("**/me/token");
  await pass(page, 2);
  await over(page, "because your session expired");
}

/** A renewal that is answered after somebody else has signed in does not change their session. */
async function answeredLate(page, refused) {
  await enter(page);
  const asked = new Promise((resolve) => page.route("**/me/token", resolve, { times: 1 }));
  await pass(page, 31);
  await page.keyboard.press("Shift");
  const held = await asked;
  const late = refused ? REFUSAL : { response: await held.fetch() };
  await page.getByRole("button", { name: "Sign out" }).click();
  await enter(page, PEOPLE.doctor);

  // Before the answer and after it, the session renews its own token.
  await renewsItsOwn(page);
  const answered = page.waitForEvent("requestfinished", (request) => request === held.request());
  await held.fulfill(late);
  await answered;
  await renewsItsOwn(page);
  await page.getByRole("link", { name: "Dr. Amara Okafor" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
}

/** The next use renews the token that the tab has now, and the tab stores the new one. */
async function renewsItsOwn(page) {
  const token = await stored(page);
  const renewed = renewal(page);
  await pass(page, 31);
  await page.keyboard.press("Shift");
  const response = await renewed;
  assert.equal(response.request().headers().authorization, `Bearer ${token}`);
  const { access_token } = await response.json();
  await page.waitForFunction((token) => sessionStorage.getItem("token") === token, access_token);
}

/** A background request that is refused also ends the session: here the token is no longer valid. */
async function isRefused(page) {
  await enter(page);
  await pass(page, 31);
  const token = await stored(page);
  await page.evaluate((token) => sessionStorage.setItem("token", token.replace(/..$/, "")), token);
  await page.getByRole("heading", { level: 1 }).click();
  await over(page, "Your session has ended.");
}

/** Signing out ends the account's sessions in all tabs, and no other account's. */
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

/** The browser shows a page again from its back/forward cache, and the user has signed out since. */
async function kept(page) {
  await enter(page);
  await page.evaluate(() => {
    sessionStorage.clear();
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByText(NAME).waitFor({ state: "detached" });

  // If somebody else has signed in instead, the page is loaded again for them.
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
        await answeredLate(page, false);
        await answeredLate(page, true);
        await kept(page);
      }
      await page.context().close();
    }
  },
  { expected: /status of 401|ERR_FAILED/ },
);
