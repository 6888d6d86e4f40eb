import { defineConfig } from "vitest/config";

/** The extension in a real Firefox: one browser for all, so one test after the other. */
export default defineConfig({
  test: {
    include: ["test/firefox/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    // A browser on a machine with other work to do takes its time, to start above all.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    retry: 1,
  },
});
