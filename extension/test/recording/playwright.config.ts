import { defineConfig } from "@playwright/test";

/** Separate from the tests, because it takes long and needs ffmpeg. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/recording",
  workers: 1,
  reporter: [["list"]],
});
