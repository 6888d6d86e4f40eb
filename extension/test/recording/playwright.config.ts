import { defineConfig } from "@playwright/test";

/** Apart from the tests: it takes its time, and wants ffmpeg. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/recording",
  workers: 1,
  reporter: [["list"]],
});
