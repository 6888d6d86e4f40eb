import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "svelte/compiler";
import { defineConfig, type Plugin } from "vite";

/** Builds the pages with real editors, as scripts that the tests' server serves. */
const here = new URL(".", import.meta.url);
const SHARED = ["editor-page.ts"];
const entries = readdirSync(here).filter((name) => /^[^.]+\.ts$/.test(name) && !SHARED.includes(name));

const svelte: Plugin = {
  name: "svelte",
  transform(code, id) {
    return id.endsWith(".svelte") ? { code: compile(code, { generate: "client", filename: id }).js.code } : null;
  },
};

const OF_CKEDITOR4 = /^(ckeditor\.js|lang\/en\.js|skins\/moono-lisa\/.*\.(css|png)|plugins\/.*\.(css|png))$/;

/** CKEditor 4 loads its parts by itself, from a folder. */
const ckEditor4: Plugin = {
  name: "ckeditor4",
  generateBundle() {
    const folder = new URL("../../../node_modules/ckeditor4/", here);
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const name of names.filter((one) => OF_CKEDITOR4.test(one)))
      this.emitFile({ type: "asset", fileName: `ckeditor4/${name}`, source: readFileSync(new URL(name, folder)) });
  },
};

export default defineConfig({
  root: fileURLToPath(here),
  base: "/pages/",
  logLevel: "warn",
  plugins: [svelte, ckEditor4],
  // Draft.js needs `global`.
  define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", global: "globalThis" },
  build: {
    outDir: fileURLToPath(new URL("../../../.output/test-pages/", here)),
    emptyOutDir: true,
    target: "chrome120",
    modulePreload: false,
    manifest: "manifest.json",
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: { input: entries },
  },
});
