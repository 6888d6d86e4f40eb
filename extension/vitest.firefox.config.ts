import { defineConfig } from "vitest/config";

/** Tests of the extension in a real Firefox. They run one after the other. */
export default defineConfig({
  test: {
    include: ["test/firefox/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    // On a busy machine a browser is slow, above all when it starts.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    retry: 1,
  },
});
