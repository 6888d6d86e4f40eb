import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { EDITOR_PAGES, ENGLISH, Opened, restOf, type Sample } from "./editor-pages.ts";
import { keepPart, keptPart } from "./editors-md.ts";
import { COLUMNS, type Column, partOf, type ReasonOf } from "./editors-table.ts";
import { allowCode, expect, test } from "./fixtures.ts";
import { knows, type ScriptedServer } from "./scripted-server.ts";

/** Each row of the table is stored here, because a failing test ends the process that has run the others. */
const ROWS = fileURLToPath(new URL("../../test-results/matrix/", import.meta.url));
const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 2000 };

interface Scene {
  readonly opened: Opened;
  readonly page: Page;
  readonly server: ScriptedServer;
  readonly words: Sample;
}

async function begin({ opened, page, words }: Scene): Promise<void> {
  await page.keyboard.type(words.typed);
  await opened.ghost.expectText(restOf(words));
}

async function expectTaken({ opened, words }: Scene, count: number): Promise<void> {
  await expect.poll(() => opened.text(), SOON).toBe(words.typed + words.taken.slice(0, count).join(""));
}

/** The check for each column of the table. */
const CHECKS: Readonly<Record<Column, (scene: Scene) => Promise<void>>> = {
  async ghost(scene) {
    await begin(scene);
    await scene.opened.leave();
    await scene.opened.ghost.expectText(null);
    await scene.opened.focus();
  },
  async box(scene) {
    await begin(scene);
    const { ghost } = scene.opened;
    const drawn = await ghost.rect();
    await scene.page.keyboard.press(scene.words.onward);
    await ghost.expectText(null);
    const typed = await ghost.rectOfTyped(restOf(scene.words));
    for (const side of ["left", "top", "right", "bottom"] as const) {
      expect(Math.abs(drawn[side] - typed[side]), `${side} ${drawn[side]} ${typed[side]}`).toBeLessThan(1);
    }
  },
  async words(scene) {
    await begin(scene);
    for (const key of ["Tab", "Tab", "Tab"]) await scene.page.keyboard.press(key);
    await expectTaken(scene, 3);
    await scene.opened.ghost.expectText(scene.words.left);
  },
  async all(scene) {
    await begin(scene);
    await scene.page.keyboard.press(scene.words.onward);
    await expect.poll(() => scene.opened.text(), SOON).toBe(scene.words.typed + restOf(scene.words));
    await scene.opened.ghost.expectText(null);
  },
  async through(scene) {
    await begin(scene);
    const { ghost } = scene.opened;
    const before = await ghost.rect();
    const log = await ghost.watch();
    scene.server.script = () => null;
    const end = scene.words === ENGLISH ? "right" : "left";
    let rest = restOf(scene.words);
    for (const letter of rest.slice(0, 8)) {
      await scene.page.keyboard.type(letter);
      rest = rest.slice(1);
      await ghost.expectText(rest);
      const now = await ghost.rect();
      expect(Math.abs(now[end] - before[end]), `${letter}: ${now[end]} ${before[end]}`).toBeLessThan(0.5);
      expect(now.top).toBe(before.top);
    }
    expect(await log()).toEqual({ came: 0, went: 0 });
  },
  async undo(scene) {
    await begin(scene);
    await scene.page.keyboard.press("Tab");
    await scene.page.keyboard.press("Tab");
    await expectTaken(scene, 2);
    await scene.page.keyboard.press("Control+z");
    await expectTaken(scene, 1);
    await scene.page.keyboard.press("Control+z");
    await expectTaken(scene, 0);
  },
  async redo(scene) {
    await begin(scene);
    await scene.page.keyboard.press("Tab");
    await expectTaken(scene, 1);
    await scene.page.keyboard.press("Control+z");
    await expectTaken(scene, 0);
    await scene.opened.redo();
    await expectTaken(scene, 1);
  },
  async ime(scene) {
    await begin(scene);
    const { ghost } = scene.opened;
    const session = await scene.page.context().newCDPSession(scene.page);
    const letter = restOf(scene.words).slice(0, 1);
    await session.send("Input.imeSetComposition", { text: letter, selectionStart: 1, selectionEnd: 1 });
    await ghost.expectText(null);
    await session.send("Input.insertText", { text: letter });
    await session.detach();
    await ghost.expectText(restOf(scene.words).slice(1));
    await expect.poll(() => scene.opened.text(), SOON).toBe(scene.words.typed + letter);
  },
  async middle({ opened, page, server, words }) {
    const { line, last, typed, next } = words.middle;
    await page.keyboard.type(line);
    await opened.settle();
    for (const _ of last) await page.keyboard.press(words.back);
    await opened.settle();
    server.script = ({ before }) => (before.endsWith(line.slice(0, -last.length) + typed) ? next : "");
    await page.keyboard.type(typed);
    await opened.ghost.expectText(next);
    await page.keyboard.press("Tab");
    const taken = next.split(" ")[0];
    await expect.poll(() => opened.text(), SOON).toBe(line.slice(0, -last.length) + typed + taken + last);
  },
  async escape(scene) {
    const { opened, page, words } = scene;
    await begin(scene);
    await page.keyboard.press("Escape");
    await opened.ghost.expectText(null);
    await page.keyboard.press(words.back);
    await page.keyboard.press(words.onward);
    await opened.ghost.expectText(null);
    expect(await opened.text()).toBe(words.typed);
  },
};

const fails = (check: Promise<void>) =>
  check.then(
    () => false,
    () => true,
  );

test.beforeAll(({ browserContext }) => allowCode(browserContext, true));
test.afterAll(({ browserContext }) => allowCode(browserContext, false));

for (const [index, editor] of EDITOR_PAGES.entries()) {
  test(`${editor.name} behaves as EDITORS.md says`, async ({ page, server, noise }) => {
    test.setTimeout(60_000);
    const words = editor.words ?? ENGLISH;
    const failed: Column[] = [];
    let opened: Opened | null = null;
    for (const column of Object.keys(COLUMNS) as Column[]) {
      const limit = editor.limits?.[column];
      if (limit && failed.includes("ghost")) {
        // Without ghost text nothing else can be checked.
        failed.push(column);
        continue;
      }
      server.script = knows(words.typed + restOf(words));
      if (opened && !editor.standing) await opened.clear();
      else opened = await Opened.open(page, server, editor);
      const scene = { opened, page, server, words };
      if (!limit) await test.step(COLUMNS[column], () => CHECKS[column](scene));
      else if (await fails(CHECKS[column](scene))) failed.push(column);
      else throw new Error(`${editor.name} passes "${COLUMNS[column]}" now: remove its limit`);
      if (limit) opened = null;
    }
    expect(noise).toEqual([]);
    mkdirSync(ROWS, { recursive: true });
    writeFileSync(`${ROWS}${index}.json`, JSON.stringify([editor.name, failed]));
  });
}

test("EDITORS.md is up to date", () => {
  const rows = readdirSync(ROWS).map((name) => JSON.parse(readFileSync(`${ROWS}${name}`, "utf8")));
  test.skip(rows.length < EDITOR_PAGES.length, "Not every editor was checked, or one failed.");
  const reasonOf: ReasonOf = ({ limits }, column) => limits?.[column];
  const found = partOf("Chromium", new Map(rows), Object.keys(COLUMNS) as Column[], reasonOf);
  if (process.env.FORETYPE_WRITE_EDITORS) keepPart("Chromium", found);
  expect(keptPart("Chromium")).toBe(found);
});
