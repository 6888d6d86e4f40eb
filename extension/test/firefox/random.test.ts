import { afterAll, beforeAll, test } from "vitest";
import { DRAWN_ELSEWHERE, EDITOR_PAGES } from "../browser/editor-pages.ts";
import { PASTED, RandomTypist, SENTENCES } from "../browser/random-typist.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { Opened } from "./opened.ts";
import { pair, welcomePage } from "./pairing.ts";

/**
 * `npm run test:random` does a thousand steps in each editor; `npm run test:firefox` does some in those that treat text in different ways.
 * FORETYPE_SEED sets one seed for all of them: a failure names its own.
 */
const { FORETYPE_STEPS } = process.env;
const STEPS = Number(FORETYPE_STEPS ?? 10);
const seedOf = (index: number): number => Number(process.env.FORETYPE_SEED ?? index + 1);

const server = new ScriptedServer();
let firefox: Firefox;
let tab: Tab;

beforeAll(async () => {
  await server.start();
  server.script = knows(...SENTENCES);
  firefox = await Firefox.start();
  const own = await welcomePage(firefox);
  await pair(own, server.origin);
  await own.value("browser.storage.local.set({ preferences: { codeToo: true } }).then(() => true)");
  tab = await firefox.newTab("about:blank");
  await fillClipboard();
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

/** As the user does: a script may write into the clipboard only after a click. */
async function fillClipboard(): Promise<void> {
  server.pages.set("/clipboard", `<!doctype html><title>A page</title><input id="field" value="${PASTED}">`);
  await tab.go(`${server.origin}/clipboard`);
  await tab.value('void document.querySelector("#field").select()');
  await tab.hold(["Control"], "c");
}

/** Monaco gets no suggestions in Firefox. */
const editors = EDITOR_PAGES.filter(
  ({ name, limits, standing, words }) =>
    name !== "Monaco" && !limits?.ghost && !standing && !words && (FORETYPE_STEPS || !DRAWN_ELSEWHERE.test(name)),
);

for (const [index, editor] of editors.entries()) {
  test(`${STEPS} random steps in ${editor.name}`, { timeout: 60_000 + STEPS * 1000 }, async () => {
    const typist = new RandomTypist(await Opened.open(tab, server, editor), seedOf(index), !editor.oneLine);
    for (let step = 0; step < STEPS; step++) {
      await typist.act();
      if (step % 10 === 9) await typist.check();
    }
    await typist.end();
  });
}
