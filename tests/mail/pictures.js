// Opens all sample mails in the folder of a page, in the size of a phone and of a desktop, in light and dark colours.
const assert = require("node:assert/strict");
const { readdirSync } = require("node:fs");
const { fileURLToPath } = require("node:url");
const { story, accessible, picture } = require("../web/support.js");

/** Checks what axe does not: text of 16 px, buttons of 44 px, and at most 600 px of width. */
async function readable(page, name) {
  const found = await page.evaluate(() => {
    const size = (element) => element.getBoundingClientRect();
    const texts = [...document.querySelectorAll("p, h1, a, span, bdi")];
    return {
      font: Math.min(...texts.map((element) => parseFloat(getComputedStyle(element).fontSize))),
      button: Math.min(...[...document.querySelectorAll("a")].map((element) => size(element).height)),
      width: Math.max(...texts.map((element) => size(element).width)),
      hidden: size(document.querySelector("body > div")).height,
    };
  });
  const good = found.font >= 16 && found.button >= 44 && found.width <= 600 && found.hidden === 0;
  assert.ok(good, `${name}: ${JSON.stringify(found)}`);
}

story(async ({ open, size, url }) => {
  const mails = readdirSync(fileURLToPath(new URL(".", url))).filter((name) => name.endsWith(".html"));
  assert.equal(mails.length, 4 * 12);
  for (const colorScheme of ["light", "dark"]) {
    const page = await open({ colorScheme });
    for (const mail of mails) {
      const name = `mail-${mail.replace(".html", "").replace(".", "-")}-${size}-${colorScheme}`;
      await page.goto(new URL(mail, url).href);
      await readable(page, name);
      await accessible(page, name);
      if (!mail.includes("hostile")) await picture(page, name);
    }
    await page.context().close();
  }
});
