// Draws each Mermaid diagram of a JSON array, its argument. Throws if one cannot be parsed.
const { readFileSync } = require("node:fs");
const { chromium } = require("playwright-core");

const MERMAID = readFileSync(require.resolve("@mermaid-js/tiny/dist/mermaid.tiny.js"), "utf8");

(async () => {
  const diagrams = JSON.parse(process.argv[2]);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: MERMAID });
    for (const [number, diagram] of diagrams.entries()) {
      const size = await page
        .evaluate(async ([id, text]) => {
          window.mermaid.initialize({ startOnLoad: false });
          const { svg } = await window.mermaid.render(id, text);
          return svg.length;
        }, [`diagram-${number}`, diagram])
        .catch((error) => {
          throw new Error(`${error.message}\n${diagram}`);
        });
      if (size < 1000) throw new Error(`nothing is drawn of:\n${diagram}`);
    }
  } finally {
    await browser.close();
  }
})();
