// Opens the reference page at a URL in Chromium, reads it and tries it, with a token where one is needed.
// What is wrong is thrown.
const assert = require("node:assert");
const { chromium } = require("playwright-core");

const [url, token, doctor, email] = process.argv.slice(2);
// No sandbox, since root has none; and nothing of Chromium's own that asks others for something.
const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

async function run(page) {
  const complaints = [];
  page.on("console", (message) => message.type() === "log" || complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => /^(data|blob):/.test(request.url()) || new URL(request.url()).origin === url || complaints.push(`asks ${request.url()}`));

  await page.goto(`${url}/docs`);
  await page.getByText("Book an appointment", { exact: true }).waitFor();

  // Executes an operation, and looks for a text in what is answered.
  const execute = async (operation, text) => {
    const block = page.locator(`[id$="-${operation}"]`);
    await block.locator(".opblock-summary-control").click();
    await block.getByRole("button", { name: "Try it out" }).click();
    await block.getByRole("button", { name: "Execute" }).click();
    const answer = block.locator(".live-responses-table .response");
    assert.equal(await answer.locator(".response-col_status").innerText(), "200");
    assert.match(await answer.locator(".response-col_description").innerText(), new RegExp(text));
  };
  await execute("listDoctors", doctor);
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.locator(".modal-ux input").fill(token);
  await page.locator(".modal-ux").getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".modal-ux .btn-done").click();
  await execute("getMe", email);
  assert.deepEqual(complaints, []);
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
