import { defineConfig } from "vitest/config";

/** Tests of the extension in a real Firefox. Each file starts its own, and three files run at a time: they wait for half of their time. */
export default defineConfig({
  test: {
    include: ["test/firefox/**/*.test.ts"],
    environment: "node",
    maxWorkers: 3,
    // On a busy machine a browser is slow, above all when it starts.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    retry: 1,
  },
});
