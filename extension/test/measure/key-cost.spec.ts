import { writeFileSync } from "node:fs";
import type { BrowserContext, Page } from "@playwright/test";
import { BUSY_BODY, countDuring, keepBusy } from "../browser/busy-page.ts";
import { expect, launch, pair, test } from "../browser/fixtures.ts";
import { timePerKey, timesOfCalls } from "../browser/main-thread.ts";
import { CODE, knows, ScriptedServer } from "../browser/scripted-server.ts";
import { GhostTimes } from "./ghost-times.ts";

/**
 * `python -m latency.key_cost`: types the same text with several builds of the extension, in turns, each in a browser of its own with a
 * scripted server, and writes every time that was measured to a file. FORETYPE_BUILDS: the builds, as a JSON list of `Build`; FORETYPE_ROUNDS;
 * FORETYPE_FIGURES: the file, with a JSON list of `Seen` in the order of the builds.
 */
interface Build {
  /** The folder of the built extension. */
  readonly folder: string;
  /** It asks the server to prove that it knows the token, and doesn't send the token. */
  readonly wantsProof: boolean;
}

type Kind = keyof typeof FIELDS;

/** All times in milliseconds. */
interface Seen {
  /** By the kind of field: the extension's time on the page's main thread for each key. */
  readonly key: Record<Kind, number[]>;
  /** From the key to the ghost text that follows it. Keys after which ghost text does not change, or disappears, are left out. */
  readonly ghost: number[];
  /** On the busy page, the extension's time on the main thread in each second in which no ghost text is drawn. */
  readonly idle: number[];
  /** The same while ghost text is drawn: the time for each frame, on average of a round. */
  readonly frame: number[];
}

const FIELDS = {
  textarea: '<textarea id="field" rows="8" cols="70"></textarea>',
  editable: '<div id="field" contenteditable="true" style="width: 600px; min-height: 120px"></div>',
} as const;

const KNOWN = ["Thanks for the quick response, and see you on Friday", "The harbour was quiet in the morning"];
/** Suggested words, words that contradict the suggestion, and words of which the server knows nothing. */
const TEXT = [
  "Thanks for the quick response, and see us later",
  "Nobody knew a word of this line",
  "The harbour was quiet in the evening",
];
const KEY_MS = 45;
const PAUSE_MS = 800;
const QUIET_S = 2;

const nothing = (): Seen => ({ key: { textarea: [], editable: [] }, ghost: [], idle: [], frame: [] });

/** One build in its browser. */
class Side {
  seen = nothing();
  readonly #server = new ScriptedServer();
  #context!: BrowserContext;

  static async start({ folder, wantsProof }: Build): Promise<Side> {
    const side = new Side();
    side.#server.knowledge = wantsProof ? "knows the token" : "proves nothing";
    side.#server.script = knows(...KNOWN);
    await side.#server.start();
    side.#context = await launch({ extension: folder });
    const page = await side.#context.newPage();
    await pair(page, side.#server.origin, CODE);
    await expect(page.getByRole("status")).toContainText("Connected.");
    await page.close();
    return side;
  }

  async stop(): Promise<void> {
    await this.#context.close();
    await this.#server.stop();
  }

  async round(): Promise<void> {
    for (const [kind, html] of Object.entries(FIELDS) as [Kind, string][]) {
      await this.#onPage(html, async (page) => {
        this.seen.key[kind].push(...(await timePerKey(page, () => typeText(page))));
      });
      // Apart from the tracing, which slows the browser down.
      await this.#onPage(html, async (page) => {
        await page.keyboard.type("Thanks f", { delay: KEY_MS });
        const times = await GhostTimes.of(page);
        await page.keyboard.press("Enter");
        await typeText(page);
        this.seen.ghost.push(...(await times.read()));
      });
    }
    await this.#onPage(BUSY_BODY, (page) => this.#besideAFeed(page));
  }

  async #besideAFeed(page: Page): Promise<void> {
    const count = await keepBusy(page);
    const act = () => page.waitForTimeout(QUIET_S * 1000);
    await page.keyboard.type("Nobody", { delay: KEY_MS });
    await page.waitForTimeout(PAUSE_MS);
    this.seen.idle.push(sum(await timesOfCalls(page, act)) / QUIET_S);
    await page.keyboard.press("Enter");
    await page.keyboard.type("Thanks f", { delay: KEY_MS });
    await page.waitForTimeout(PAUSE_MS);
    let drawing = 0;
    const { frames } = await countDuring(count, async () => {
      drawing = sum(await timesOfCalls(page, act));
    });
    this.seen.frame.push(drawing / frames);
  }

  async #onPage(body: string, act: (page: Page) => Promise<void>): Promise<void> {
    this.#server.pages.set("/page", `<!doctype html><html lang="en"><title>A page</title><body>${body}`);
    const page = await this.#context.newPage();
    await page.goto(`${this.#server.origin}/page`);
    await page.locator("#field").click();
    await act(page);
    await page.close();
  }
}

async function typeText(page: Page): Promise<void> {
  for (const line of TEXT) {
    await page.keyboard.type(line, { delay: KEY_MS });
    await page.keyboard.press("Enter");
  }
}

const sum = (times: readonly number[]) => times.reduce((all, ms) => all + ms, 0);

test("the cost of a key", async () => {
  const builds = JSON.parse(process.env.FORETYPE_BUILDS ?? "[]") as Build[];
  const sides = [];
  for (const build of builds) sides.push(await Side.start(build));
  // The first round is not counted: the browser compiles the code in it.
  for (const side of sides) {
    await side.round();
    side.seen = nothing();
  }
  for (let round = 0; round < Number(process.env.FORETYPE_ROUNDS ?? 1); round++) {
    // The second place is no advantage to one of them: they change places after each round.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side.round();
  }
  for (const side of sides) await side.stop();
  writeFileSync(process.env.FORETYPE_FIGURES ?? "", JSON.stringify(sides.map(({ seen }) => seen)));
});
