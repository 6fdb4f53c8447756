import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Puts each asset beside itself compressed, as the function serves it. */
const compressed: Plugin = {
  name: "compressed",
  writeBundle({ dir }) {
    const assets = join(dir!, "web");
    for (const name of readdirSync(assets)) {
      writeFileSync(join(assets, `${name}.gz`), gzipSync(readFileSync(join(assets, name)), { level: 9 }));
    }
  },
};

export default defineConfig({
  // Paths are relative: the clinic may be served below another.
  base: "./",
  build: { assetsDir: "web", target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
  plugins: [compressed],
  // While it is written: the API is that of `make run`.
  server: { proxy: { "^/(?!src|node_modules|@|$)": `http://127.0.0.1:${process.env["PORT"] ?? 9000}` } },
});
