// Opens the reference page of a clinic in Chromium and executes operations on it. Throws an error if something is wrong.
// Usage: node page.js URL TOKEN DOCTOR EMAIL
const assert = require("node:assert");
const { chromium } = require("playwright-core");

const [url, token, doctor, email] = process.argv.slice(2);
// No sandbox, because it does not work for root. The other options prevent Chromium's own requests to other servers.
const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

async function run(page) {
  const errors = [];
  page.on("console", (message) => message.type() === "log" || errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => /^(data|blob):/.test(request.url()) || new URL(request.url()).origin === url || errors.push(`requests ${request.url()}`));

  await page.goto(`${url}/docs`);
  await page.getByText("Book an appointment", { exact: true }).waitFor();

  // Executes an operation and checks that its response contains a text.
  const execute = async (operation, text) => {
    const block = page.locator(`[id$="-${operation}"]`);
    await block.locator(".opblock-summary-control").click();
    await block.getByRole("button", { name: "Try it out" }).click();
    await block.getByRole("button", { name: "Execute" }).click();
    const response = block.locator(".live-responses-table .response");
    assert.equal(await response.locator(".response-col_status").innerText(), "200");
    assert.match(await response.locator(".response-col_description").innerText(), new RegExp(text));
  };
  await execute("listDoctors", doctor);
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.locator(".modal-ux input").fill(token);
  await page.locator(".modal-ux").getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".modal-ux .btn-done").click();
  await execute("getMe", email);
  assert.deepEqual(errors, []);
}

chromium
  .launch({ executablePath: "/usr/bin/chromium", headless: true, args: args.split(" ") })
  .then(async (browser) => {
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(30_000);
      await run(page);
    } finally {
      await browser.close();
    }
  });
