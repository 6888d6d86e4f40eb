import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "svelte/compiler";
import { defineConfig, type Plugin } from "vite";

/** Builds the pages with real editors, as scripts that the tests' server serves. */
const here = new URL(".", import.meta.url);
const SHARED = ["editor-page.ts", "vite.config.ts"];
const entries = readdirSync(here).filter((name) => name.endsWith(".ts") && !SHARED.includes(name));

const svelte: Plugin = {
  name: "svelte",
  transform(code, id) {
    return id.endsWith(".svelte") ? { code: compile(code, { generate: "client", filename: id }).js.code } : null;
  },
};

export default defineConfig({
  root: fileURLToPath(here),
  base: "/pages/",
  logLevel: "warn",
  plugins: [svelte],
  define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false" },
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
