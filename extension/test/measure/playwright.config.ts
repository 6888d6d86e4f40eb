import { defineConfig } from "@playwright/test";

/** Separate from the tests, because it measures and checks nothing: `python -m latency.key_cost` starts it and reads its figures. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/measure",
  workers: 1,
  timeout: 0,
  reporter: [["line"]],
});
