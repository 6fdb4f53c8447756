import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes a .gz file beside each asset. The function serves these files. */
const compressed: Plugin = {
  name: "compressed",
  writeBundle({ dir }) {
    const assets = join(dir!, "web");
    for (const name of readdirSync(assets)) {
      writeFileSync(join(assets, `${name}.gz`), gzipSync(readFileSync(join(assets, name)), { level: 9 }));
    }
  },
};

/** A file of its own for the start of the app, which runs before the other files and the texts are loaded. */
const START = { name: "start", test: /\/src\/start\.ts$/ };

// `vite build --mode kit` builds the page of the components. Only development builds of the function have it.
export default defineConfig(({ mode }) => {
  const [page, outDir] = mode === "kit" ? ["kit.html", "dist-kit"] : ["index.html", "dist"];
  return {
    // The paths are relative, because the clinic may be served below a path. That of the components is served at /web/kit.
    base: mode === "kit" ? "/" : "./",
    build: {
      outDir, rollupOptions: { input: page, output: { codeSplitting: { groups: [START] } } }, assetsDir: "web", target: "es2022", modulePreload: { polyfill: false },
      assetsInlineLimit: 0, reportCompressedSize: false,
    },
    plugins: [compressed],
    // For development: requests to the API go to the clinic that `make run` serves.
    server: { proxy: { "^/(?!src|node_modules|web/|@|$)": `http://127.0.0.1:${process.env["PORT"] ?? 9000}` } },
  };
});
