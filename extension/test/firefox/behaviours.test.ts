import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Behaviour, type Driver, type Key, pageOf, picturesIn, REST, TYPED } from "../behaviours/behaviour.ts";
import { BEHAVIOURS } from "../behaviours/rows/index.ts";
import { behavioursPart } from "../behaviours/table.ts";
import { keepPart, keptPart } from "../browser/editors-md.ts";
import { NOT_MEASURED } from "../browser/editors-table.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { pair, welcomePage } from "./pairing.ts";

/** The behaviours in Firefox, and their part of EDITORS.md. */

const PICTURES = fileURLToPath(new URL("../../test-results/behaviours/", import.meta.url));

const server = new ScriptedServer();
const passed = new Set<Behaviour>();
let firefox: Firefox;
let tab: Tab;

beforeAll(async () => {
  await server.start();
  firefox = await Firefox.start();
  await pair(await welcomePage(firefox), server.origin);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  tab = await firefox.newTab("about:blank");
});

afterEach(() => tab.close());

class Driven implements Driver {
  /** Where keys go: the tab, or the frame in it that contains the field. */
  readonly #target: Tab;

  constructor(target: Tab) {
    this.#target = target;
  }

  type(text: string) {
    return this.#target.type(text);
  }

  press(...keys: Key[]) {
    return this.#target.press(...keys);
  }

  hold(held: readonly Key[], key: string) {
    return this.#target.hold(held, key);
  }

  async click(selector: string) {
    const [x, y] = (await this.value(
      `(({ left, top, width, height }) => [left + width / 2, top + height / 2].map(Math.round))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`,
    )) as [number, number];
    await tab.click(x, y);
  }

  async value(expression: string) {
    // `undefined` has no JSON.
    return JSON.parse(String(await tab.value(`(async () => JSON.stringify((await (${expression})) ?? null))()`)));
  }

  ghost() {
    return tab.ghost();
  }

  async ghostBox() {
    return (await this.ghost()) === null ? null : tab.ghostBox();
  }

  asked() {
    return server.keystrokes.map(({ before }) => before);
  }

  eventually(read: () => unknown, wanted: unknown): Promise<void> {
    return expect.poll(read, { interval: 20, timeout: 4000 }).toEqual(wanted);
  }

  async printedPictures() {
    return picturesIn(await tab.print());
  }

  async picture(name: string) {
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(`${PICTURES}${name}-firefox.png`, await tab.picture());
  }
}

async function open(behaviour: Behaviour): Promise<Driver> {
  const { answer, files = {} } = behaviour;
  server.received.length = 0;
  server.script = answer ? ({ before }) => answer(before) : knows(TYPED + REST);
  server.pages.set("/page", pageOf(behaviour));
  for (const [path, content] of Object.entries(files)) server.pages.set(path, content);
  await tab.go(`${server.origin}/page`);
  const target = behaviour.framed ? ((await tab.frame()) ?? tab) : tab;
  await target.value('void document.querySelector("#field")?.focus()');
  return new Driven(target);
}

for (const behaviour of BEHAVIOURS) {
  const { row, name, not } = behaviour;
  const reason = not?.firefox;
  test(`${row}: ${name}`, async () => {
    if (!reason) await behaviour.check(await open(behaviour));
    // Only a check that fails may have a reason.
    else if (!reason.startsWith(NOT_MEASURED)) await expect(behaviour.check(await open(behaviour))).rejects.toThrow();
    passed.add(behaviour);
  });
}

test("the table of behaviours in EDITORS.md is up to date", ({ skip }) => {
  if (passed.size < BEHAVIOURS.length) skip("Not every behaviour was checked, or one failed.");
  const part = behavioursPart(BEHAVIOURS);
  if (process.env.FORETYPE_WRITE_EDITORS) keepPart("Behaviours", part);
  expect(keptPart("Behaviours")).toBe(part);
});
