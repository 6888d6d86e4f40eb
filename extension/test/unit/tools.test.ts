import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  scripts: Record<string, string>;
};

test("a tool that npm fetches has a version, and does not ask the registry for a newer one", () => {
  const fetched = Object.values(scripts).filter((command) => command.includes("npx --yes"));
  expect(fetched.length).toBeGreaterThan(0);
  for (const command of fetched) expect(command).toMatch(/NO_UPDATE_NOTIFIER=1 npx --yes [\w-]+@\d+\.\d+\.\d+ /);
});
