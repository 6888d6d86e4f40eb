import { defineConfig } from "@playwright/test";

/**
 * These run a real model beside the browser, or time what the browser does: each wants a machine of two cores for itself. So
 * `npm run test:browser` runs the others, two at a time, and `npm run test:alone` these, one after another.
 */
const ALONE = /(real-\w+|pictures|playground|huge|no-use)\.spec\.ts$/;

export default defineConfig({
  testDir: "test/browser",
  outputDir: "test-results",
  workers: 2,
  projects: [
    { name: "two at a time", testIgnore: ALONE },
    { name: "alone", testMatch: ALONE, workers: 1 },
  ],
  timeout: 30_000,
  expect: { timeout: 5_000 },
  // A browser on a machine with other work to do fails now and then for reasons of its own. What passed at the second try is
  // counted as flaky, and `make test` says how many were.
  retries: 1,
  reporter: [["list"]],
  forbidOnly: true,
});
