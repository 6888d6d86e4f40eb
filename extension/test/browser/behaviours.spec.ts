import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import {
  type Behaviour,
  DOCUMENT_WITH_GHOST,
  type Driver,
  pageOf,
  picturesIn,
  REST,
  TYPED,
} from "../behaviours/behaviour.ts";
import { BEHAVIOURS } from "../behaviours/rows/index.ts";
import { behavioursPart } from "../behaviours/table.ts";
import { keepPart, keptPart } from "./editors-md.ts";
import { NOT_MEASURED } from "./editors-table.ts";
import { expect, test } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { knows, type ScriptedServer } from "./scripted-server.ts";

/** The behaviours in Chromium, and their part of EDITORS.md. */

/** A file for each behaviour that passed, because a failing test ends the process that has run the others. */
const PASSED = fileURLToPath(new URL("../../test-results/passed/", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../test-results/behaviours/", import.meta.url));
const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 4000 };

class Chromium implements Driver {
  readonly #page: Page;
  readonly #ghost: Ghost;
  readonly #server: ScriptedServer;

  constructor(page: Page, server: ScriptedServer) {
    this.#page = page;
    this.#server = server;
    this.#ghost = new Ghost(page, { document: DOCUMENT_WITH_GHOST });
  }

  type(text: string) {
    return this.#page.keyboard.type(text);
  }

  async press(...keys: string[]) {
    for (const key of keys) await this.#page.keyboard.press(key);
  }

  hold(held: readonly string[], key: string) {
    return this.#page.keyboard.press([...held, key].join("+"));
  }

  async click(selector: string) {
    const box = await this.#page.locator(selector).boundingBox();
    if (!box) throw new Error(`${selector} has no box`);
    await this.#page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  }

  value(expression: string) {
    return this.#page.evaluate(expression);
  }

  ghost() {
    return this.#ghost.text();
  }

  async ghostBox() {
    return (await this.ghost()) === null ? null : this.#ghost.rect();
  }

  asked() {
    return this.#server.keystrokes.map(({ before }) => before);
  }

  eventually(read: () => unknown, wanted: unknown) {
    return expect.poll(read, SOON).toEqual(wanted);
  }

  async printedPictures() {
    return picturesIn(await this.#page.pdf());
  }

  async picture(name: string) {
    await this.#page.screenshot({ path: `${PICTURES}${name}-chromium.png` });
  }
}

async function open(behaviour: Behaviour, page: Page, server: ScriptedServer): Promise<void> {
  const { answer, files = {} } = behaviour;
  server.script = answer ? ({ before }) => answer(before) : knows(TYPED + REST);
  server.pages.set("/page", pageOf(behaviour));
  for (const [path, content] of Object.entries(files)) server.pages.set(path, content);
  await page.goto(`${server.origin}/page`);
  const frame = behaviour.framed ? page.frames()[1] : page.mainFrame();
  await frame?.evaluate('void document.querySelector("#field")?.focus()');
}

for (const [index, behaviour] of BEHAVIOURS.entries()) {
  const { row, name, not } = behaviour;
  const reason = not?.chromium;
  test(`${row}: ${name}`, async ({ page, server, noise }) => {
    if (!reason?.startsWith(NOT_MEASURED)) {
      // Only a check that fails may have a reason.
      test.fail(reason !== undefined, reason ?? "");
      await open(behaviour, page, server);
      await behaviour.check(new Chromium(page, server));
      expect(noise).toEqual([]);
    }
    mkdirSync(PASSED, { recursive: true });
    writeFileSync(`${PASSED}${index}`, "");
  });
}

test("the table of behaviours in EDITORS.md is up to date", () => {
  const failing = BEHAVIOURS.filter(({ not }) => not?.chromium && !not.chromium.startsWith(NOT_MEASURED));
  mkdirSync(PASSED, { recursive: true });
  const all = readdirSync(PASSED).length === BEHAVIOURS.length - failing.length;
  test.skip(!all, "Not every behaviour was checked, or one failed.");
  const part = behavioursPart(BEHAVIOURS);
  if (process.env.FORETYPE_WRITE_EDITORS) keepPart("Behaviours", part);
  expect(keptPart("Behaviours")).toBe(part);
});
