import { defineConfig } from "@playwright/test";

/**
 * These tests run a real model beside the browser, or measure the browser: each needs a machine of two cores for itself. So
 * `npm run test:browser` runs the other tests, three at a time, because each of them waits for half of its time; and `npm run test:alone` runs
 * these, one after the other.
 */
const ALONE = /(real-\w+|pictures|playground|long-text|busy-page|idle)\.spec\.ts$/;

export default defineConfig({
  testDir: "test/browser",
  outputDir: "test-results",
  workers: 3,
  projects: [
    { name: "together", testIgnore: ALONE },
    { name: "alone", testMatch: ALONE, workers: 1 },
  ],
  timeout: 30_000,
  expect: { timeout: 5_000 },
  // On a busy machine a browser sometimes fails for other reasons than the test's. A test that passes at the second try counts as flaky, and
  // `make test` says how many did.
  retries: 1,
  reporter: [["list"]],
  forbidOnly: true,
});
