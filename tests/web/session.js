// How a session ends: it expires, the user signs out in another tab, or the API rejects the token. The page's clock is
// simulated.
const assert = require("node:assert/strict");
const { addressOf, story, signIn, accessible, picture, PEOPLE } = require("./support.js");

const MINUTE = 60_000;
const NAME = "Sam Rivera";
/** The API's response to a renewal if the sign-in is too long ago. */
const REFUSAL = {
  status: 401,
  contentType: "application/problem+json",
  json: { type: "/problems/unauthorized", title: "The sign-in has expired", status: 401, detail: "", request_id: "" },
};

const stored = (page) => page.evaluate(() => sessionStorage.getItem("token"));
const renewal = (page) => page.waitForResponse((response) => response.url().endsWith("/me/token"));

/** Checks that the page says why the session ended, and that the page and the tab's storage have no data of the account. */
async function isSignedOut(page, reason) {
  await page.getByRole("status").filter({ hasText: reason }).waitFor();
  // Only that the tab has asked other tabs for their session.
  assert.deepEqual(await page.evaluate(() => ({ ...sessionStorage })), { asked: "" });
  const shown = await page.evaluate(() => document.title + document.documentElement.innerHTML);
  assert.ok(!shown.includes(NAME), shown);
}

/** Moves the page's clock forward. Timers that are due run. */
const passTime = (page, minutes) => page.clock.fastForward(minutes * MINUTE);

/** Signs in, and waits until the start page is shown. */
async function start(page, email = PEOPLE.patient) {
  await signIn(page, email);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

/** Opens a tab beside the page, which has a session. The tab takes it. */
async function openTab(page) {
  const tab = await page.context().newPage();
  await tab.goto(await addressOf(page));
  await tab.getByRole("button", { name: "Sign out" }).waitFor();
  return tab;
}

/** Opens a tab beside the page, and signs in there with another account. */
async function openTabOf(page, email) {
  const tab = await openTab(page);
  // Without signing out, which would end the session of the page too.
  await tab.evaluate(() => sessionStorage.removeItem("token"));
  await tab.reload();
  await start(tab, email);
  return tab;
}

const ending = (page) => page.getByRole("dialog", { name: "Are you still there?" });

/** The session expires. Before that, the page warns, and the user can stay signed in. */
async function expires(page, size) {
  await start(page);
  // Waits for the page's last request. Later, with an old token, it would renew the session.
  await page.waitForLoadState("networkidle");
  const first = await stored(page);
  await passTime(page, 57);
  assert.equal(await ending(page).count(), 0);
  await passTime(page, 1.5);
  await ending(page).getByText("You will be signed out at").waitFor();
  await accessible(page, "the warning before a session ends");
  await picture(page, `session-ending-${size}`);
  const renewed = renewal(page);
  await ending(page).getByRole("button", { name: "Stay signed in" }).click();
  assert.equal((await renewed).status(), 200);
  await ending(page).waitFor({ state: "detached" });
  assert.notEqual(await stored(page), first);

  // By keyboard: the dialog opens with the focus on its button.
  await passTime(page, 59);
  await ending(page).waitFor();
  await Promise.all([renewal(page), page.keyboard.press("Enter")]);
  await ending(page).waitFor({ state: "detached" });

  // The user does not respond.
  await passTime(page, 59);
  await ending(page).waitFor();
  await passTime(page, 1);
  await isSignedOut(page, "because your session expired");
  assert.ok(await page.evaluate(() => document.activeElement.textContent.includes("your session expired")));
  await accessible(page, "an expired session");
  await picture(page, `session-expired-${size}`);
}

/** The page says in both languages why the session ended. Choosing a language reloads the page. */
async function showsReason(page, size) {
  await page.getByLabel("Language").selectOption("العربية");
  await isSignedOut(page, "لأن مدة جلستك انتهت");
  await accessible(page, "an expired session, in Arabic");
  await picture(page, `session-expired-ar-${size}`);
  await page.getByLabel("اللغة").selectOption("English");
  await isSignedOut(page, "because your session expired");
}

/** The device sleeps, and timers do not run. After the next sign-in, the user is on the same page. */
async function deviceSleeps(page) {
  await start(page);
  await page.getByRole("link", { name: NAME }).click();
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await page.clock.setSystemTime(await page.evaluate((hours) => Date.now() + hours * 3_600_000, 8));
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await isSignedOut(page, "because your session expired");
  await start(page);
  await page.getByRole("heading", { name: "Your account" }).waitFor();
}

/** A page that is loaded with an expired token sends no request with it. */
async function loadsWithExpiredToken(page) {
  await page.clock.setSystemTime(await page.evaluate(() => Date.now() + 3_600_000));
  const requests = [];
  const note = (request) => request.headers().authorization && requests.push(request.url());
  page.on("request", note);
  await page.reload();
  await isSignedOut(page, "because your session expired");
  assert.deepEqual(requests, []);
  page.off("request", note);
}

/** Typing renews the session, and the typed text is not lost. */
async function typingRenews(page) {
  await start(page);
  await page.getByLabel("Name", { exact: true }).fill("");
  await passTime(page, 31);
  // The first renewal fails, and a later key press tries again.
  await page.route("**/me/token", (route) => route.abort());
  const failed = page.waitForEvent("requestfailed");
  await page.getByLabel("Name", { exact: true }).press("S");
  await failed;
  await page.unroute("**/me/token");
  await passTime(page, 1);
  await Promise.all([renewal(page), page.getByLabel("Name", { exact: true }).press("a")]);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Sa");
}

/** Twelve hours after the sign-in, the session cannot be renewed. The page shows when the last token expires. */
async function signInTooOld(page, size) {
  await page.route("**/me/token", (route) => route.fulfill(REFUSAL));
  await passTime(page, 31);
  await Promise.all([renewal(page), page.getByLabel("Name", { exact: true }).press("m")]);
  await passTime(page, 27.5);
  const last = page.getByRole("dialog").filter({ hasText: "A sign-in lasts 12 hours." });
  await last.waitFor();
  assert.equal(await last.getByRole("button", { name: "Stay signed in" }).count(), 0);
  await accessible(page, "the warning before the last token expires");
  await picture(page, `session-last-${size}`);
  await last.getByRole("button", { name: "Continue until then" }).click();
  await last.waitFor({ state: "detached" });
  await page.unroute("**/me/token");
  await passTime(page, 2);
  await isSignedOut(page, "because your session expired");
}

/** If the response to a renewal arrives after another user has signed in, it does not change that user's session. */
async function renewalResponseIsLate(page, isRefused) {
  await start(page);
  const intercepted = new Promise((resolve) => page.route("**/me/token", resolve, { times: 1 }));
  await passTime(page, 31);
  await page.keyboard.press("Shift");
  const route = await intercepted;
  const response = isRefused ? REFUSAL : { response: await route.fetch() };
  await page.getByRole("button", { name: "Sign out" }).click();
  await start(page, PEOPLE.doctor);

  // Before and after the response, the session renews its own token.
  await renewsItsOwn(page);
  const finished = page.waitForEvent("requestfinished", (request) => request === route.request());
  await route.fulfill(response);
  await finished;
  await renewsItsOwn(page);
  await page.getByRole("link", { name: "Dr. Amara Okafor" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
}

/** Checks that the next use renews the tab's current token, and that the tab stores the new one. */
async function renewsItsOwn(page) {
  const token = await stored(page);
  const renewed = renewal(page);
  await passTime(page, 31);
  await page.keyboard.press("Shift");
  const response = await renewed;
  assert.equal(response.request().headers().authorization, `Bearer ${token}`);
  const { access_token } = await response.json();
  await page.waitForFunction((token) => sessionStorage.getItem("token") === token, access_token);
}

/** A refused background request ends the session. Here the token is not valid. */
async function tokenIsRefused(page) {
  await start(page);
  await passTime(page, 31);
  const token = await stored(page);
  await page.evaluate((token) => sessionStorage.setItem("token", token.replace(/..$/, "")), token);
  await page.getByRole("heading", { level: 1 }).click();
  await isSignedOut(page, "Your session has ended.");
}

/** Signing out ends the account's sessions in all tabs, but not those of other accounts. */
async function signsOutInAllTabs(page) {
  await start(page);
  const same = await openTab(page);
  assert.equal(await stored(same), await stored(page));
  const other = await openTabOf(page, PEOPLE.doctor);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  await isSignedOut(same, "You have been signed out in another tab.");
  await other.getByRole("button", { name: "Sign out" }).waitFor();
  assert.ok(await stored(other));
  await same.close();
  await other.close();
}

/** A tab shows another page while the user signs out in a second tab. When the tab returns, the session has ended there too. */
async function signsOutWhileTabIsElsewhere(page) {
  await start(page);
  const tab = await openTab(page);
  const address = await addressOf(tab);
  await tab.goto(new URL("docs", address).href);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  await tab.goto(address);
  await isSignedOut(tab, "You have been signed out in another tab.");
  await tab.close();
}

/** The browser shows a page from its back/forward cache after the user has signed out. */
async function pageIsRestored(page) {
  await start(page);
  await page.evaluate(() => {
    sessionStorage.clear();
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByText(NAME).waitFor({ state: "detached" });

  // If another user has signed in since, the page is loaded again for that user.
  await start(page);
  const other = await openTabOf(page, PEOPLE.doctor);
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
      await expires(page, `${colorScheme}-${size}`);
      await showsReason(page, `${colorScheme}-${size}`);
      if (colorScheme === "light") {
        await deviceSleeps(page);
        await loadsWithExpiredToken(page);
        await typingRenews(page);
        await signInTooOld(page, size);
        await tokenIsRefused(page);
        await signsOutInAllTabs(page);
        await signsOutWhileTabIsElsewhere(page);
        await renewalResponseIsLate(page, false);
        await renewalResponseIsLate(page, true);
        await pageIsRestored(page);
      }
      await page.context().close();
    }
  },
  { expected: /status of 401|ERR_FAILED/ },
);
