// Measures first visits of a running clinic on a simulated phone: `node speed.js URL`. Prints, for each page, the median time
// from its request until it is useful, the bytes that it loads, and its layout shift.
const { chromium } = require("playwright-core");
const { apiFor, tokenOf, ARGUMENTS, SIZES, PEOPLE, countShifts, shifted } = require("./support.js");

/** A slow phone on a slow network: 500 kbit/s with a latency of 400 ms, and a processor of a quarter of this one's speed. */
const NETWORK = { offline: false, latency: 400, downloadThroughput: 500_000 / 8, uploadThroughput: 500_000 / 8 };
const SLOWER = 4;
const RUNS = 5;

const PAGES = [
  ["the doctors, without an account", undefined, "", "main a[href*='time=']"],
  ["the doctors, as a patient", "patient", "", "main a[href*='time=']"],
  ["a doctor, without an account", undefined, "doctors/DOCTOR", "main .times button"],
  ["a doctor, as a patient", "patient", "doctors/DOCTOR", "main .times button"],
  ["a patient's appointments", "patient", "appointments", "main a[href*='appointments/']"],
  ["a doctor's day", "doctor", "", "main h1"],
  ["the clinic's day", "admin", "", "main h1"],
];

/** Opens a page with an empty cache, and returns its time in seconds, its bytes and its layout shift. */
async function visit(browser, url, token, address, useful) {
  const context = await browser.newContext({ ...SIZES.phone, locale: "en-GB", timezoneId: "UTC" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.addInitScript(countShifts);
  if (token) await page.addInitScript((token) => sessionStorage.setItem("token", token), token);
  const devTools = await context.newCDPSession(page);
  await devTools.send("Network.enable");
  await devTools.send("Network.emulateNetworkConditions", NETWORK);
  await devTools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  let bytes = 0;
  devTools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  const start = performance.now();
  await page.goto(`${url}#/${address}`, { waitUntil: "commit" });
  await page.locator(useful).first().waitFor();
  const seconds = (performance.now() - start) / 1000;
  await page.waitForLoadState("networkidle");
  const shift = await shifted(page);
  await context.close();
  return { seconds, bytes, shift };
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

(async () => {
  const url = process.argv[2];
  const [doctor] = await apiFor(url)("GET", "doctors?q=okafor");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: ARGUMENTS });
  console.log("| page | until useful | loaded | layout shift |\n|---|---|---|---|");
  for (const [name, account, address, useful] of PAGES) {
    const token = account && (await tokenOf(url, PEOPLE[account]));
    const visits = [];
    for (let run = 0; run < RUNS; run++) visits.push(await visit(browser, url, token, address.replace("DOCTOR", doctor.id), useful));
    const [seconds, kilobytes] = [median(visits.map(({ seconds }) => seconds)), visits[0].bytes / 1000];
    const shift = Math.max(...visits.map(({ shift }) => shift));
    console.log(`| ${name} | ${seconds.toFixed(1)} s | ${kilobytes.toFixed(0)} kB | ${shift.toFixed(3)} |`);
  }
  await browser.close();
})();
