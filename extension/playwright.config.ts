import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "test/browser",
  outputDir: "test-results",
  // The machine that runs this may have two cores, and a browser takes them both.
  workers: 1,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  // A browser on a machine with other work to do fails now and then for reasons of its own. What passed at the second try is
  // counted as flaky, and `make test` says how many were.
  retries: 1,
  reporter: [["list"]],
  forbidOnly: true,
});
