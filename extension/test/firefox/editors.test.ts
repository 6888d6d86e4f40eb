import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { EDITORS, type Editor, ENGLISH, restOf, serve, type Words } from "../browser/editors.ts";
import { COLUMNS, type Column, keepPart, keptPart, NOT_MEASURED, partOf, type ReasonOf } from "../browser/matrix.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { type Box, Firefox, type Key, type Tab } from "./firefox.ts";
import { firstPage, pair } from "./pairing.ts";

/** What each of the editors that Chromium's tests know does in Firefox: the part of EDITORS.md about it. */

const IME = "ime";
const TRIED = (Object.keys(COLUMNS) as Column[]).filter((column) => column !== IME);

const MONACO =
  "Monaco is left alone: Firefox has no EditContext, and the hidden text area that Monaco types into there holds another text than is seen.";
const UNSEEN = `${NOT_MEASURED}where text stands in an input or a text area no script can tell. That ghost text stands there is seen in the pictures.`;

const reasonOf: ReasonOf = ({ name, textbox }, column) => {
  if (name === "Monaco") return MONACO;
  return textbox && column === "place" ? UNSEEN : undefined;
};

const server = new ScriptedServer();
const found = new Map<string, readonly Column[]>();
let firefox: Firefox;
let tab: Tab;

const eventually = (read: () => unknown) => expect.poll(read, { interval: 20, timeout: 5_000 });

beforeAll(async () => {
  await server.start();
  firefox = await Firefox.start();
  const own = await firstPage(firefox);
  await pair(own, server.origin);
  await own.value("browser.storage.local.set({ preferences: { codeToo: true } }).then(() => true)");
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  tab = await firefox.newTab("about:blank");
});

afterEach(() => tab.close());

/** An editor on its page, with the caret in it. */
interface Scene {
  readonly editor: Editor;
  readonly words: Words;
  /** The tab, or the frame that the editor is in. */
  readonly place: Tab;
}

async function open(editor: Editor): Promise<Scene> {
  const words = editor.words ?? ENGLISH;
  server.received.length = 0;
  server.script = knows(words.typed + restOf(words));
  await serve(server, editor);
  await tab.go(`${server.origin}/page`);
  let place = tab;
  if (editor.frame) {
    await eventually(() => tab.frame()).not.toBeNull();
    place = (await tab.frame()) as Tab;
  }
  await eventually(() => place.value(`${fieldOf(editor)} !== null`)).toBe(true);
  await place.value(`void ${fieldOf(editor)}.focus()`);
  await place.value(`new Promise((resolve) => setTimeout(resolve, ${editor.settles ?? 0}, 0))`);
  return { editor, words, place };
}

async function begin({ place, words }: Scene): Promise<void> {
  await place.type(words.typed);
  await eventually(() => place.ghost()).toBe(restOf(words));
}

const press = ({ place }: Scene, ...keys: string[]) => place.press(...(keys as Key[]));

async function expectTaken(scene: Scene, count: number): Promise<void> {
  const { typed, taken } = scene.words;
  await eventually(() => written(scene)).toBe(typed + taken.slice(0, count).join(""));
}

/** How it is seen that an editor does what a column says. */
const CHECKS: Readonly<Record<Exclude<Column, typeof IME>, (scene: Scene) => Promise<void>>> = {
  async ghost(scene) {
    await begin(scene);
    await scene.place.value(`void ${fieldOf(scene.editor)}.blur()`);
    await eventually(() => scene.place.ghost()).toBe(null);
  },
  async place(scene) {
    await begin(scene);
    const { place, words } = scene;
    const drawn = await place.ghostBox();
    await press(scene, words.onward);
    await eventually(() => place.ghost()).toBe(null);
    const typed = JSON.parse(
      String(await place.value(boxOf(words.typed + restOf(words), restOf(words).length))),
    ) as Box;
    for (const side of ["left", "right", "top"] as const) {
      expect(Math.abs(drawn[side] - typed[side]), `${side} ${drawn[side]} ${typed[side]}`).toBeLessThan(1);
    }
  },
  async words(scene) {
    await begin(scene);
    await press(scene, "Tab", "Tab", "Tab");
    await expectTaken(scene, 3);
    await eventually(() => scene.place.ghost()).toBe(scene.words.left);
  },
  async all(scene) {
    await begin(scene);
    await press(scene, scene.words.onward);
    await eventually(() => written(scene)).toBe(scene.words.typed + restOf(scene.words));
    await eventually(() => scene.place.ghost()).toBe(null);
  },
  async through(scene) {
    await begin(scene);
    const { place, words } = scene;
    const end = words === ENGLISH ? "right" : "left";
    const before = await place.ghostBox();
    server.script = () => null;
    let rest = restOf(words);
    for (const letter of rest.slice(0, 8)) {
      await place.type(letter);
      rest = rest.slice(1);
      await eventually(() => place.ghost()).toBe(rest);
      const now = await place.ghostBox();
      expect(Math.abs(now[end] - before[end]), letter).toBeLessThan(0.5);
      expect(Math.abs(now.top - before.top), letter).toBeLessThan(0.5);
    }
  },
  async undo(scene) {
    await begin(scene);
    await press(scene, "Tab", "Tab");
    await expectTaken(scene, 2);
    await scene.place.hold(["Control"], "z");
    await expectTaken(scene, 1);
    await scene.place.hold(["Control"], "z");
    await expectTaken(scene, 0);
  },
  async redo(scene) {
    await begin(scene);
    await press(scene, "Tab");
    await expectTaken(scene, 1);
    await scene.place.hold(["Control"], "z");
    await expectTaken(scene, 0);
    await scene.place.hold(["Control", "Shift"], "z");
    await expectTaken(scene, 1);
  },
  async middle(scene) {
    const { place, words } = scene;
    const { line, last, typed, next } = words.middle;
    const before = line.slice(0, -last.length) + typed;
    await place.type(line);
    await press(scene, ...[...last].map(() => words.back));
    server.script = (keystroke) => (keystroke.before.endsWith(before) ? next : "");
    await place.type(typed);
    await eventually(() => place.ghost()).toBe(next);
    await press(scene, "Tab");
    await eventually(() => written(scene)).toBe(before + next.split(" ")[0] + last);
  },
  async escape(scene) {
    const { place, words } = scene;
    await begin(scene);
    await press(scene, "Escape");
    await eventually(() => place.ghost()).toBe(null);
    await press(scene, words.back, words.onward);
    await eventually(() => place.ghost()).toBe(null);
    expect(await written(scene)).toBe(words.typed);
  },
};

for (const editor of EDITORS) {
  test(`${editor.name} does what EDITORS.md says`, async () => {
    const failed: Column[] = [];
    for (const column of TRIED) {
      if (reasonOf(editor, column)) failed.push(column);
      else await CHECKS[column as keyof typeof CHECKS](await open(editor));
    }
    found.set(editor.name, failed);
  });
}

test("Monaco is left alone, and its keys are its own", async () => {
  const monaco = EDITORS.find(({ name }) => name === "Monaco") as Editor;
  const scene = await open(monaco);
  await scene.place.type(ENGLISH.typed);
  await eventually(() => scene.place.value("window.editorPage.text()")).toBe(ENGLISH.typed);
  await press(scene, "Tab");
  await eventually(() => scene.place.value("window.editorPage.text().trimEnd()")).toBe(ENGLISH.typed);
  expect(await scene.place.ghost()).toBe(null);
  expect(server.keystrokes).toEqual([]);
});

test("EDITORS.md says what was found", ({ skip }) => {
  if (found.size < EDITORS.length) skip("Not every editor was tried, or one failed.");
  const part = partOf("Firefox", found, TRIED, reasonOf);
  if (process.env.FORETYPE_WRITE_EDITORS) keepPart("Firefox", part);
  expect(keptPart("Firefox")).toBe(part);
});

/** The field, as an expression in its document. */
function fieldOf({ name, field }: Editor): string {
  const selector = JSON.stringify(name === "Monaco" ? ".monaco-editor textarea" : field);
  return `(window.closedRoot?.querySelector("#field") ?? document.querySelector(${selector}) ?? document.querySelector("#host")?.shadowRoot?.querySelector(${selector}) ?? null)`;
}

/** The first line of what is written: signature and quoted mail stand after it. */
function written({ editor, place }: Scene): Promise<unknown> {
  const field = fieldOf(editor);
  const text = `(window.editorPage?.text() ?? ${field}.value ?? ${field}.innerText)`;
  return place.value(`${text}.trimStart().split("\\n")[0].replaceAll("\u00a0", " ")`);
}

/** The box of the last `length` characters of a text, as JSON. */
function boxOf(text: string, length: number): string {
  return `(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.data.replaceAll("\u00a0", " ").lastIndexOf(${JSON.stringify(text)});
      if (at < 0 || node.parentElement.closest("script, style, textarea")) continue;
      const range = document.createRange();
      range.setStart(node, at + ${text.length - length});
      range.setEnd(node, at + ${text.length});
      const { left, right, top } = range.getClientRects()[0];
      return JSON.stringify({ left, right, top });
    }
    return null;
  })()`;
}
