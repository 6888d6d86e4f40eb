import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Box, Key } from "../behaviours/behaviour.ts";
import { EDITOR_PAGES, type EditorPage, ENGLISH, restOf } from "../browser/editor-pages.ts";
import { keepPart, keptPart } from "../browser/editors-md.ts";
import { COLUMNS, type Column, NOT_MEASURED, partOf, type ReasonOf } from "../browser/editors-table.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { Opened } from "./opened.ts";
import { pair, welcomePage } from "./pairing.ts";

/** The checks of all editors in Firefox, and its part of EDITORS.md. */

const IME = "ime";
const TRIED = (Object.keys(COLUMNS) as Column[]).filter((column) => column !== IME);

const MONACO =
  "Monaco gets no suggestions: Firefox has no EditContext, and the text of the hidden text area that Monaco uses there is not the text that the user sees.";
const UNSEEN = `${NOT_MEASURED}no script can measure the position of the text in an input or a text area. The screenshots of the tests show that the suggestion is in the right place.`;

const reasonOf: ReasonOf = ({ name, textbox, limits }, column) => {
  if (name === "Monaco") return MONACO;
  if (limits?.[column]) return limits[column];
  return textbox && column === "box" ? UNSEEN : undefined;
};

const server = new ScriptedServer();
const found = new Map<string, readonly Column[]>();
let firefox: Firefox;
let tab: Tab;

const eventually = (read: () => unknown) => expect.poll(read, { interval: 20, timeout: 5_000 });

beforeAll(async () => {
  await server.start();
  firefox = await Firefox.start();
  const own = await welcomePage(firefox);
  await pair(own, server.origin);
  const preferences = { codeToo: true };
  await own.value(`browser.storage.local.set({ preferences: ${JSON.stringify(preferences)} }).then(() => true)`);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  tab = await firefox.newTab("about:blank");
});

afterEach(() => tab.close());

function open(editor: EditorPage): Promise<Opened> {
  const words = editor.words ?? ENGLISH;
  server.received.length = 0;
  server.script = knows(words.typed + restOf(words));
  return Opened.open(tab, server, editor);
}

async function begin({ target, drawn, words }: Opened): Promise<void> {
  await target.type(words.typed);
  await eventually(() => drawn.ghost()).toBe(restOf(words));
}

const press = ({ target }: Opened, ...keys: string[]) => target.press(...(keys as Key[]));

async function expectTaken(scene: Opened, count: number): Promise<void> {
  const { typed, taken } = scene.words;
  await eventually(() => scene.firstLine()).toBe(typed + taken.slice(0, count).join(""));
}

/** The check for each column of the table. */
const CHECKS: Readonly<Record<Exclude<Column, typeof IME>, (scene: Opened) => Promise<void>>> = {
  async ghost(scene) {
    await begin(scene);
    await scene.leave();
    await eventually(() => scene.drawn.ghost()).toBe(null);
  },
  async box(scene) {
    await begin(scene);
    const { target, drawn, words } = scene;
    const box = await drawn.ghostBox();
    await press(scene, words.onward);
    await eventually(() => drawn.ghost()).toBe(null);
    const typed = JSON.parse(
      String(await target.value(boxOf(words.typed + restOf(words), restOf(words).length, drawn !== target))),
    ) as Box;
    for (const side of ["left", "right", "top"] as const) {
      expect(Math.abs(box[side] - typed[side]), `${side} ${box[side]} ${typed[side]}`).toBeLessThan(1);
    }
  },
  async words(scene) {
    await begin(scene);
    await press(scene, "Tab", "Tab", "Tab");
    await expectTaken(scene, 3);
    await eventually(() => scene.drawn.ghost()).toBe(scene.words.left);
  },
  async all(scene) {
    await begin(scene);
    await press(scene, scene.words.onward);
    await eventually(() => scene.firstLine()).toBe(scene.words.typed + restOf(scene.words));
    await eventually(() => scene.drawn.ghost()).toBe(null);
  },
  async through(scene) {
    await begin(scene);
    const { target, drawn, words } = scene;
    const end = words === ENGLISH ? "right" : "left";
    const before = await drawn.ghostBox();
    server.script = () => null;
    let rest = restOf(words);
    for (const letter of rest.slice(0, 8)) {
      await target.type(letter);
      rest = rest.slice(1);
      await eventually(() => drawn.ghost()).toBe(rest);
      const now = await drawn.ghostBox();
      expect(Math.abs(now[end] - before[end]), letter).toBeLessThan(0.5);
      expect(Math.abs(now.top - before.top), letter).toBeLessThan(0.5);
    }
  },
  async undo(scene) {
    await begin(scene);
    await press(scene, "Tab", "Tab");
    await expectTaken(scene, 2);
    await scene.target.hold(["Control"], "z");
    await expectTaken(scene, 1);
    await scene.target.hold(["Control"], "z");
    await expectTaken(scene, 0);
  },
  async redo(scene) {
    await begin(scene);
    await press(scene, "Tab");
    await expectTaken(scene, 1);
    await scene.target.hold(["Control"], "z");
    await expectTaken(scene, 0);
    await scene.redo();
    await expectTaken(scene, 1);
  },
  async middle(scene) {
    const { target, drawn, words } = scene;
    const { line, last, typed, next } = words.middle;
    const before = line.slice(0, -last.length) + typed;
    await target.type(line);
    await scene.settle();
    await press(scene, ...[...last].map(() => words.back));
    await scene.settle();
    server.script = (keystroke) => (keystroke.before.endsWith(before) ? next : "");
    await target.type(typed);
    await eventually(() => drawn.ghost()).toBe(next);
    await press(scene, "Tab");
    await eventually(() => scene.firstLine()).toBe(before + next.split(" ")[0] + last);
  },
  async escape(scene) {
    const { drawn, words } = scene;
    await begin(scene);
    await press(scene, "Escape");
    await eventually(() => drawn.ghost()).toBe(null);
    await press(scene, words.back, words.onward);
    await eventually(() => drawn.ghost()).toBe(null);
    expect(await scene.firstLine()).toBe(words.typed);
  },
};

for (const editor of EDITOR_PAGES) {
  test(`${editor.name} behaves as EDITORS.md says`, async () => {
    const failed: Column[] = [];
    for (const column of TRIED) {
      if (reasonOf(editor, column)) failed.push(column);
      else await CHECKS[column as keyof typeof CHECKS](await open(editor));
    }
    found.set(editor.name, failed);
  });
}

test("Monaco gets no suggestions, and all keys", async () => {
  const monaco = EDITOR_PAGES.find(({ name }) => name === "Monaco") as EditorPage;
  const scene = await open(monaco);
  await scene.target.type(ENGLISH.typed);
  await eventually(() => scene.target.value("window.editorPage.text()")).toBe(ENGLISH.typed);
  await press(scene, "Tab");
  await eventually(() => scene.target.value("window.editorPage.text().trimEnd()")).toBe(ENGLISH.typed);
  expect(await scene.drawn.ghost()).toBe(null);
  expect(server.keystrokes).toEqual([]);
});

test("EDITORS.md is up to date", ({ skip }) => {
  if (found.size < EDITOR_PAGES.length) skip("Not every editor was checked, or one failed.");
  const part = partOf("Firefox", found, TRIED, reasonOf);
  if (process.env.FORETYPE_WRITE_EDITORS) keepPart("Firefox", part);
  expect(keptPart("Firefox")).toBe(part);
});

/** The box of the last `length` characters of a text, as JSON. `around`: in pixels of the document around its frame. */
function boxOf(text: string, length: number, around: boolean): string {
  return `(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.data.replaceAll("\u00a0", " ").lastIndexOf(${JSON.stringify(text)});
      if (at < 0 || node.parentElement.closest("script, style, textarea")) continue;
      const range = document.createRange();
      range.setStart(node, at + ${text.length - length});
      range.setEnd(node, at + ${text.length});
      const { left, right, top, bottom } = range.getClientRects()[0];
      const outer = ${around} ? frameElement.getBoundingClientRect() : { left: 0, top: 0 };
      const box = { left: left + outer.left, right: right + outer.left, top: top + outer.top, bottom: bottom + outer.top };
      return JSON.stringify(box);
    }
    return null;
  })()`;
}
