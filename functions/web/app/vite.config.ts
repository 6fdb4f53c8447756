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

/**
 * A file of its own for the start of the app, which runs before the other files and the texts are loaded, and for what all
 * languages need.
 */
const START = { name: "start", test: /\/src\/(start|language\/plural)\.ts$/ };

type Modules = { getModuleInfo(id: string): { importedIds: readonly string[] } | null };
let ofVisitors: Set<string> | undefined;

/** Returns the modules of the app's frame and of the pages that need no account, which every visitor loads. */
function visitorModules(modules: Modules): Set<string> {
  if (ofVisitors) return ofVisitors;
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    modules.getModuleInfo(id)?.importedIds.forEach(visit);
  };
  for (const root of ["run.tsx", "front/index.tsx"]) visit(join(import.meta.dirname, "src", root));
  return (ofVisitors = found);
}

/**
 * A file of what many views share, and one of what only views with an account share. Otherwise, each shared module is a file
 * of its own. Not the languages: the app waits for their texts, so these must not wait for a file that imports the app. Not
 * what only staff use, because it imports the texts of staff, which patients do not load.
 */
const SHARED = {
  name: (id: string, modules: Modules) => (visitorModules(modules).has(id) ? "shared" : "views-shared"),
  minShareCount: 3, test: /\/src\/(?!language\/|staff\/|desk\/|admin\/)/,
};
/** A file of what the views of all staff share, and one of what those of Receptionists and Admins share. */
const STAFF = { name: "staff-shared", minShareCount: 3, test: /\/src\/staff\// };
const DESK = { name: "desk-shared", minShareCount: 2, test: /\/src\/(desk|admin)\// };

/**
 * Lets the browser load the appointment types together with the first script, because the first requests of most pages depend
 * on them. The request has no token, so the browser uses the response for the one of the app (see `api/client.ts`).
 */
const TYPES = { tag: "link", attrs: { rel: "preload", as: "fetch", crossorigin: "anonymous", href: "./appointment_types" }, injectTo: "head" } as const;

/** Lets the browser load the app's modules together with the first script, which imports them. */
const preloaded: Plugin = {
  name: "preloaded",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((output) => output.type === "chunk");
      const app = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith("/src/run.tsx"));
      if (!app) return [];
      const entry = chunks.find(({ isEntry }) => isEntry)!;
      const files = [app.fileName, ...app.imports].filter((file) => file !== entry.fileName && !entry.imports.includes(file));
      const modules = files.map((file) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `./${file}` }, injectTo: "head" as const }));
      return [...modules, TYPES];
    },
  },
};

// `vite build --mode kit` builds the page of the components. Only development builds of the function have it.
export default defineConfig(({ mode }) => {
  const [page, outDir] = mode === "kit" ? ["kit.html", "dist-kit"] : ["index.html", "dist"];
  return {
    // The paths are relative, because the clinic may be served below a path. That of the components is served at /web/kit.
    base: mode === "kit" ? "/" : "./",
    build: {
      outDir, rollupOptions: { input: page, output: { codeSplitting: { groups: [START, SHARED, STAFF, DESK] } } }, assetsDir: "web", target: "es2022", modulePreload: { polyfill: false },
      assetsInlineLimit: 0, reportCompressedSize: false,
    },
    plugins: [compressed, preloaded],
    // For development: requests to the API go to the clinic that `make run` serves.
    server: { proxy: { "^/(?!src|node_modules|web/|@|$)": `http://127.0.0.1:${process.env["PORT"] ?? 9000}` } },
  };
});
