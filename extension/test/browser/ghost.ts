import type { CDPSession, Page } from "@playwright/test";
import { expect } from "@playwright/test";

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface CdpNode {
  readonly nodeId: number;
  readonly nodeName: string;
  readonly nodeValue: string;
  readonly attributes?: string[];
  readonly children?: CdpNode[];
  readonly shadowRoots?: CdpNode[];
}

/** Ghost text as a person sees it: read from the closed shadow root by the browser's own tools, which no page has. */
export class Ghost {
  readonly #page: Page;
  readonly #session: Promise<CDPSession>;

  constructor(page: Page) {
    this.#page = page;
    this.#session = page.context().newCDPSession(page);
  }

  /** What is drawn; null where nothing is. */
  async text(): Promise<string | null> {
    return (await this.#drawn())?.text ?? null;
  }

  async expectText(text: string | null): Promise<void> {
    await expect.poll(() => this.text()).toBe(text);
  }

  /** The box of its first line. */
  async rect(): Promise<Rect> {
    const [first] = await this.lines();
    if (!first) throw new Error("ghost text has no box");
    return first;
  }

  /** The boxes of its lines. */
  async lines(): Promise<Rect[]> {
    const drawn = await this.#drawn();
    if (!drawn) throw new Error("no ghost text is drawn");
    const { quads } = await (await this.#session).send("DOM.getContentQuads", { nodeId: drawn.node.nodeId });
    return quads.map(([left = 0, top = 0, right = 0, , , bottom = 0]) => ({ left, top, right, bottom }));
  }

  /** Where `text`, at the end of what was typed, stands on the screen. */
  async rectOfTyped(text: string): Promise<Rect> {
    const [first] = await this.linesOfTyped(text);
    if (!first) throw new Error("the typed text has no box");
    return first;
  }

  async linesOfTyped(text: string): Promise<Rect[]> {
    const session = await this.#session;
    const { root } = (await session.send("DOM.getDocument", { depth: -1, pierce: true })) as { root: CdpNode };
    const node = all(root).findLast(
      (one) => one.nodeName === "#text" && one.nodeValue.replaceAll("\u00a0", " ").endsWith(text),
    );
    if (!node) throw new Error(`nothing ends with "${text}"`);
    // No script of the page can measure in the shadow root that the browser gives a text box: its tools can.
    const { object } = await session.send("DOM.resolveNode", { nodeId: node.nodeId });
    const { result } = await session.send("Runtime.callFunctionOn", {
      objectId: object.objectId ?? "",
      functionDeclaration: `function (length) {
        const range = document.createRange();
        range.setStart(this, this.length - length);
        range.setEnd(this, this.length);
        return [...range.getClientRects()].map(({ left, top, right, bottom }) => ({ left, top, right, bottom }));
      }`,
      arguments: [{ value: text.length }],
      returnByValue: true,
    });
    return result.value as Rect[];
  }

  async style(names: string[]): Promise<Record<string, string>> {
    const drawn = await this.#drawn();
    if (!drawn) throw new Error("no ghost text is drawn");
    const { computedStyle } = await (await this.#session).send("CSS.getComputedStyleForNode", {
      nodeId: drawn.node.nodeId,
    });
    return Object.fromEntries(
      computedStyle.filter(({ name }) => names.includes(name)).map(({ name, value }) => [name, value]),
    );
  }

  /** Counts, from now on, how often ghost text comes and goes. */
  async watch(): Promise<() => Promise<{ came: number; went: number }>> {
    await this.#page.evaluate(() => {
      const log = { came: 0, went: 0 };
      (window as unknown as { ghostLog: typeof log }).ghostLog = log;
      new MutationObserver((changes) => {
        for (const { addedNodes, removedNodes } of changes) {
          log.came += addedNodes.length;
          log.went += removedNodes.length;
        }
      }).observe(document.documentElement, { childList: true });
    });
    return () =>
      this.#page.evaluate(() => (window as unknown as { ghostLog: { came: number; went: number } }).ghostLog);
  }

  async #drawn(): Promise<{ node: CdpNode; text: string } | null> {
    const session = await this.#session;
    await session.send("DOM.enable");
    await session.send("CSS.enable");
    const { root } = (await session.send("DOM.getDocument", { depth: -1, pierce: true })) as { root: CdpNode };
    const host = all(root).find((node) => node.attributes?.includes("manual") && node.shadowRoots?.length);
    const [clip, label] = host?.shadowRoots?.[0]?.children ?? [];
    if (!clip || !label) return null;
    const isLabel = label.attributes?.some((value) => value.includes("display: block")) ?? false;
    const node = isLabel ? label : all(clip).findLast((one) => one.nodeName === "SPAN");
    return node ? { node, text: textOf(node) } : null;
  }
}

function all(node: CdpNode): CdpNode[] {
  return [node, ...[...(node.children ?? []), ...(node.shadowRoots ?? [])].flatMap(all)];
}

function textOf(node: CdpNode): string {
  return all(node)
    .map(({ nodeValue }) => nodeValue)
    .join("");
}
