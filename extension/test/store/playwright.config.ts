import { defineConfig } from "@playwright/test";

/** Separate from the tests, because it makes pictures for `make release` and checks nothing else. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/store-run",
  workers: 1,
  reporter: [["list"]],
});
