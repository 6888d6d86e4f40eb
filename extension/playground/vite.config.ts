import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Builds the page that the server serves at `/`: one file of each type, with a fixed name, and the same bytes from the same sources. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  logLevel: "warn",
  build: {
    outDir:
      process.env.FORETYPE_PLAYGROUND_OUT ??
      fileURLToPath(new URL("../../backend/foretype/playground", import.meta.url)),
    emptyOutDir: true,
    target: "chrome120",
    modulePreload: false,
    cssCodeSplit: false,
    rollupOptions: {
      output: { entryFileNames: "playground.js", assetFileNames: "playground[extname]" },
    },
  },
});
