import { defineConfig } from "vitest/config";

/** The extension in a real Firefox: one browser for all, so one test after the other. */
export default defineConfig({
  test: {
    include: ["test/firefox/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
