import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { EDITORS, type Editor, ENGLISH, serve } from "../browser/editors.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { firstPage, pair } from "./pairing.ts";

/** The main path of the editors that Chromium's tests know, in Firefox: shown, taken in its place, taken back. */

/** Off until switched on; in a frame, whose document WebDriver has to be led to; not to be read there at all. */
const ELSEWHERE = ({ code, frame, limits, words, name }: Editor) =>
  code || frame || limits || words || name === "closed shadow root";
const SENTENCE = ENGLISH.typed + ENGLISH.taken.join("") + ENGLISH.left;
const [WORD] = ENGLISH.taken;

const server = new ScriptedServer();
let firefox: Firefox;
let tab: Tab;

const eventually = (read: () => unknown) => expect.poll(read, { interval: 50, timeout: 10_000 });

beforeAll(async () => {
  await server.start();
  firefox = await Firefox.start();
  await pair(await firstPage(firefox), server.origin);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  server.received.length = 0;
  server.script = knows(SENTENCE);
  tab = await firefox.newTab("about:blank");
});

afterEach(() => tab.close());

for (const editor of EDITORS.filter((one) => !ELSEWHERE(one))) {
  test(`${editor.name}: ghost text is shown, taken where it stood, and taken back`, async () => {
    await serve(server, editor);
    await tab.go(`${server.origin}/page`);
    await eventually(() => tab.value(`${field(editor)} !== null`)).toBe(true);
    await tab.value(`void ${field(editor)}.focus()`);
    await tab.type(ENGLISH.typed);
    await eventually(() => tab.ghost()).toBe(SENTENCE.slice(ENGLISH.typed.length));
    const stood = await tab.ghostAt();

    await tab.press("Tab");

    await eventually(() => written(editor)).toBe(ENGLISH.typed + WORD);
    await eventually(() => tab.ghost()).toBe(SENTENCE.slice(ENGLISH.typed.length + WORD.length));
    const stands = await tab.value(placeOf(ENGLISH.typed + WORD, WORD.length));
    // What stands in a text area no script can measure.
    if (typeof stands === "string") {
      const [left, top] = JSON.parse(stands) as [number, number];
      expect(Math.abs(left - stood[0])).toBeLessThan(1);
      expect(Math.abs(top - stood[1])).toBeLessThan(1);
    }

    await tab.control("z");

    await eventually(() => written(editor)).toBe(ENGLISH.typed);
  });
}

const field = ({ field }: Editor) =>
  `(document.querySelector(${JSON.stringify(field)}) ?? document.querySelector("#host")?.shadowRoot?.querySelector(${JSON.stringify(field)}) ?? null)`;

/** The first line of what is written: signature and quoted mail stand after it. */
function written(editor: Editor): Promise<unknown> {
  const text = `(${field(editor)}.value ?? ${field(editor)}.innerText)`;
  return tab.value(`${text}.trimStart().split("\\n")[0].replaceAll("\u00a0", " ")`);
}

/** Where the last `length` characters of a text stand, as JSON; null where they stand in no text node. */
function placeOf(text: string, length: number): string {
  return `(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.data.replaceAll("\u00a0", " ").lastIndexOf(${JSON.stringify(text)});
      if (at < 0 || node.parentElement.closest("script, style, textarea")) continue;
      const range = document.createRange();
      range.setStart(node, at + ${text.length - length});
      range.setEnd(node, at + ${text.length});
      const { left, top } = range.getClientRects()[0];
      return JSON.stringify([left, top]);
    }
    return null;
  })()`;
}
