import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Box, DOCUMENT_WITH_GHOST, type Key } from "../behaviours/behaviour.ts";
import { BiDi } from "./bidi.ts";

/** The Firefox for the tests: Debian's, or the path in FORETYPE_FIREFOX. */
const FIREFOX = process.env.FORETYPE_FIREFOX ?? "firefox-esr";
const EXTENSION = fileURLToPath(new URL("../../.output/firefox-mv3", import.meta.url));

/** The extension's address. Without it in the profile, Firefox would choose a random one. */
const ADDRESS = "0f5e7a3c-1111-4222-8333-444455556666";
const PREFERENCES = {
  // The tests name buttons and sentences in English.
  "intl.locale.requested": "en-US",
  // No test reaches the window in which the browser would ask, so every request is granted.
  "extensions.webextOptionalPermissionPrompts": false,
  // Names for this machine that are not known as local.
  "network.dns.localDomains": "mail.test,other.test",
  // What Firefox asks its makers for by itself finds nobody: all but this machine is behind a proxy that is not there.
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.proxy.no_proxies_on": "mail.test, other.test",
  "network.proxy.failover_direct": false,
  "network.proxy.allow_bypass": false,
  "extensions.webextensions.uuids": JSON.stringify({ "foretype@foretype.invalid": ADDRESS }),
};

/** The codes that WebDriver uses for keys without a character. */
const KEYS = {
  Tab: "\uE004",
  ArrowLeft: "\uE012",
  ArrowRight: "\uE014",
  ArrowUp: "\uE013",
  ArrowDown: "\uE015",
  Home: "\uE011",
  End: "\uE010",
  Escape: "\uE00C",
  Backspace: "\uE003",
  Delete: "\uE017",
  Enter: "\uE007",
  Shift: "\uE008",
  Control: "\uE009",
} as const satisfies Record<Key, string>;

/** A node as `includeShadowTree` gives it. */
interface Node {
  /** The id by which a command refers to it. */
  readonly sharedId?: string;
  readonly value: {
    readonly localName?: string;
    readonly nodeValue?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly children?: readonly Node[];
    readonly shadowRoot?: Node | null;
  };
}

const GHOST = `${DOCUMENT_WITH_GHOST}.documentElement?.querySelector(':scope > [popover="manual"][aria-hidden="true"]') ?? null`;

const extensionPage = (name: string) => `moz-extension://${ADDRESS}/${name}`;

/** A headless Firefox with a profile of its own and the built extension in it. */
export class Firefox {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #bidi: BiDi;

  private constructor(process: ChildProcess, profile: string, bidi: BiDi) {
    this.#process = process;
    this.#profile = profile;
    this.#bidi = bidi;
  }

  /** `scheme`: the colour scheme that pages see. */
  static async start(scheme: "light" | "dark" = "light"): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), "foretype-firefox-"));
    const override = { "layout.css.prefers-color-scheme.content-override": scheme === "dark" ? 0 : 1 };
    const lines = Object.entries({ ...PREFERENCES, ...override }).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(join(profile, "user.js"), lines.join(""));
    const process = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    try {
      const bidi = await BiDi.open(`${await addressOf(process)}/session`);
      await bidi.send("session.new", { capabilities: {} });
      await bidi.send("webExtension.install", { extensionData: { type: "path", path: EXTENSION } });
      return new Firefox(process, profile, bidi);
    } catch (error) {
      process.kill();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, "exit");
    await this.#bidi.send("browser.close").catch(() => {});
    await gone;
    this.#bidi.close();
    await rm(this.#profile, { recursive: true, force: true });
  }

  /** The tab that shows this page of the extension. Null if there is none. */
  async tabWith(page: string): Promise<Tab | null> {
    const { contexts } = await this.#bidi.send<{ contexts: { url: string; context: string }[] }>(
      "browsingContext.getTree",
    );
    const found = contexts.find(({ url }) => url === extensionPage(page));
    return found ? new Tab(this.#bidi, found.context) : null;
  }

  async newTab(url: string): Promise<Tab> {
    const { context } = await this.#bidi.send<{ context: string }>("browsingContext.create", { type: "tab" });
    const tab = new Tab(this.#bidi, context);
    await tab.go(url);
    return tab;
  }
}

/** The address that Firefox prints when it listens. Rejects if Firefox ends before. */
function addressOf(process: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    process.once("error", reject);
    process.once("exit", (code) => reject(new Error(`Firefox ended with ${code}`)));
    createInterface({ input: process.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      const [, address] = /listening on (ws:\S+)/.exec(line) ?? [];
      if (address) resolve(address);
    });
  });
}

/** A tab, or a frame in one. */
export class Tab {
  readonly #bidi: BiDi;
  readonly #context: string;

  constructor(bidi: BiDi, context: string) {
    this.#bidi = bidi;
    this.#context = context;
  }

  async go(url: string): Promise<void> {
    await this.#bidi.send("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  /** Goes to a page of the extension. WebDriver must not open it, but another page of the extension may. */
  async goWithin(page: string): Promise<void> {
    await this.#bidi.send("browsingContext.activate", { context: this.#context });
    await this.value(`void location.assign(${JSON.stringify(extensionPage(page))})`);
  }

  /** A screenshot as a PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.#bidi.send<{ data: string }>("browsingContext.captureScreenshot", {
      context: this.#context,
    });
    return Buffer.from(data, "base64");
  }

  /** The printed page as a PDF. */
  async print(): Promise<Buffer> {
    const { data } = await this.#bidi.send<{ data: string }>("browsingContext.print", { context: this.#context });
    return Buffer.from(data, "base64");
  }

  async close(): Promise<void> {
    await this.#bidi.send("browsingContext.close", { context: this.#context });
  }

  /** The first frame in it. Null if there is none. */
  async frame(): Promise<Tab | null> {
    const { contexts } = await this.#bidi.send<{ contexts: { children: { context: string }[] }[] }>(
      "browsingContext.getTree",
      { root: this.#context },
    );
    const inner = contexts[0]?.children[0];
    return inner ? new Tab(this.#bidi, inner.context) : null;
  }

  /** The value of an expression in the page's own world: a string, a number, a boolean. */
  async value(expression: string): Promise<unknown> {
    return (await this.#evaluate<{ value?: unknown }>(expression)).value;
  }

  async focus(selector: string): Promise<void> {
    await this.value(`void document.querySelector(${JSON.stringify(selector)}).focus()`);
  }

  type(text: string): Promise<void> {
    return this.#perform([...text].flatMap((letter) => [down(letter), up(letter)]));
  }

  /** Types a letter, or presses a key, while these keys are held. */
  hold(held: readonly Key[], key: string): Promise<void> {
    const values = [...held.map((one) => KEYS[one]), key in KEYS ? KEYS[key as Key] : key];
    return this.#perform([...values.map(down), ...values.reverse().map(up)]);
  }

  press(...keys: Key[]): Promise<void> {
    return this.type(keys.map((key) => KEYS[key]).join(""));
  }

  /** Clicks at a point of the window. */
  click(x: number, y: number): Promise<void> {
    const [move, press, release] = ["pointerMove", "pointerDown", "pointerUp"].map((type) => ({ type, button: 0 }));
    return this.#act({ type: "pointer", id: "mouse", actions: [{ ...move, x, y }, press, release] });
  }

  #perform(actions: readonly object[]): Promise<void> {
    return this.#act({ type: "key", id: "keyboard", actions });
  }

  async #act(source: object): Promise<void> {
    await this.#bidi.send("input.performActions", { context: this.#context, actions: [source] });
  }

  /** The ghost text, read from its closed shadow root. Null if nothing is drawn. */
  async ghost(): Promise<string | null> {
    const drawn = await this.#drawn();
    return (drawn && textOf(drawn)) || null;
  }

  /** The box of its first line, in pixels of the window. */
  async ghostBox(): Promise<Box> {
    const drawn = await this.#drawn();
    if (!drawn?.sharedId) throw new Error("no ghost text is drawn");
    const { result } = await this.#bidi.send<{ result: { value: string } }>("script.callFunction", {
      functionDeclaration: `(span) => {
        const { left, right, top, bottom } = span.getClientRects()[0];
        return JSON.stringify({ left, right, top, bottom });
      }`,
      arguments: [{ sharedId: drawn.sharedId }],
      target: { context: this.#context },
      awaitPromise: false,
    });
    return JSON.parse(result.value) as Box;
  }

  /** What a screen reader announces: the visible text of the one live region of the extension. Null if there is none, or no text in it. */
  async announced(): Promise<string | null> {
    const page = await this.#evaluate<Node>("document.documentElement");
    const regions = await this.#liveRegionsIn(all(page).flatMap(({ value }) => value.shadowRoot?.value.children ?? []));
    const texts = regions.flatMap(all).filter(({ value }) => /display: inline/.test(value.attributes?.style ?? ""));
    const quotes = texts.map(({ value }) => /quotes: "(.*?)"/.exec(value.attributes?.style ?? "")?.[1] ?? "");
    return quotes.join("") || null;
  }

  /** The elements that have the role of a live region for Firefox itself. */
  async #liveRegionsIn(nodes: readonly Node[]): Promise<Node[]> {
    if (nodes.length === 0) return [];
    const { nodes: found } = await this.#bidi.send<{ nodes: Node[] }>("browsingContext.locateNodes", {
      context: this.#context,
      locator: { type: "accessibility", value: { role: "status" } },
      startNodes: nodes.map(({ sharedId }) => ({ sharedId })),
      serializationOptions: { maxDomDepth: null },
    });
    return found;
  }

  async #drawn(): Promise<Node | null> {
    const host = await this.#evaluate<Node>(GHOST);
    const [clip, label] = host.value?.shadowRoot?.value.children?.[0]?.value.children ?? [];
    if (!clip || !label) return null;
    const isLabel = label.value.attributes?.style?.includes("display: block");
    return all(isLabel ? label : clip).findLast(({ value }) => value.localName === "span") ?? null;
  }

  async #evaluate<Result>(expression: string): Promise<Result> {
    const answer = await this.#bidi.send<{ result?: Result; exceptionDetails?: { text: string } }>("script.evaluate", {
      expression,
      target: { context: this.#context },
      awaitPromise: true,
      serializationOptions: { maxDomDepth: null, includeShadowTree: "all" },
    });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.text);
    return answer.result as Result;
  }
}

const down = (value: string) => ({ type: "keyDown", value });
const up = (value: string) => ({ type: "keyUp", value });

function all(node: Node): Node[] {
  return [node, ...(node.value.children ?? []).flatMap(all)];
}

const textOf = (node: Node) =>
  all(node)
    .map(({ value }) => value.attributes?.["data-text"] ?? "")
    .join("");
