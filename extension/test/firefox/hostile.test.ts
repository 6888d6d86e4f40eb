import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { PAGE, REST, SENTENCE, TYPED, WAYS } from "../browser/ways.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { eventually, pair, welcomePage } from "./pairing.ts";

/** Pages that try to read a suggestion, in Firefox. */

const server = new ScriptedServer();
let firefox: Firefox;
let tab: Tab;

beforeAll(async () => {
  await server.start();
  server.script = knows(SENTENCE);
  server.pages.set(
    "/page",
    `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,"><body>${PAGE}`,
  );
  firefox = await Firefox.start();
  await pair(await welcomePage(firefox), server.origin);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  tab = await firefox.newTab(`${server.origin}/page`);
});

afterEach(() => tab.close());

// Firefox reports no layout shifts.
const { "observes layout shifts": _, ...ways } = WAYS;

for (const [way, learn] of Object.entries(ways)) {
  test(`a page learns nothing of the suggestion if it ${way}`, async () => {
    await tab.focus("#field");
    await tab.type(TYPED);
    await eventually(() => tab.ghost()).toBe(REST);
    expect(await tab.value(`(${learn})()`)).toBe("");
  });
}
