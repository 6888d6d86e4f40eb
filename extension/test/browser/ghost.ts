import type { CDPSession, Page } from "@playwright/test";
import { expect } from "@playwright/test";

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface CdpNode {
  readonly backendNodeId: number;
  readonly nodeName: string;
  readonly nodeValue: string;
  readonly attributes?: string[];
  readonly children?: CdpNode[];
  readonly shadowRoots?: CdpNode[];
  readonly contentDocument?: CdpNode;
}

/** The document that contains the ghost text. `document` is an expression for it in the page's main frame. */
export interface DocumentOf {
  readonly session?: Promise<CDPSession>;
  readonly document?: string;
  /** Whether the typed text is in a frame, and the ghost text is in the document around it. */
  readonly around?: boolean;
}

/** Short intervals, because the test waits for nothing else. */
const OFTEN = { intervals: [5, 10, 20, 20, 50, 50, 100], timeout: 2000 };

/** Ghost text as the user sees it. It is read from the closed shadow root by the DevTools protocol, which no page can use. */
export class Ghost {
  readonly #session: Promise<CDPSession>;
  readonly #document: string;
  readonly #around: boolean;

  constructor(page: Page, { session, document = "document", around = false }: DocumentOf = {}) {
    this.#session = session ?? page.context().newCDPSession(page);
    this.#document = document;
    this.#around = around;
  }

  /** The text that is drawn. Null if nothing is drawn. */
  async text(): Promise<string | null> {
    return (await this.#drawn())?.text ?? null;
  }

  async expectText(text: string | null): Promise<void> {
    await expect.poll(() => this.text(), OFTEN).toBe(text);
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
    return this.#callOn(
      drawn.node,
      `function () {
        return [...this.getClientRects()].map(({ left, top, right, bottom }) => ({ left, top, right, bottom }));
      }`,
      null,
    );
  }

  /** The box of the first line of `text` at the end of the typed text. */
  async rectOfTyped(text: string): Promise<Rect> {
    const [first] = await this.linesOfTyped(text);
    if (!first) throw new Error("the typed text has no box");
    return first;
  }

  async linesOfTyped(text: string): Promise<Rect[]> {
    const session = await this.#session;
    const { root } = (await session.send("DOM.getDocument", { depth: -1, pierce: true })) as unknown as {
      root: CdpNode;
    };
    const node = all(root).findLast((one) =>
      textOf(one).replaceAll("\u00a0", " ").replaceAll("\ufeff", "").endsWith(text),
    );
    if (!node) throw new Error(`nothing ends with "${text}"`);
    return this.#rectsOf(node, text.length);
  }

  /** The boxes of the last `length` characters of a node, one for each line. The DevTools protocol can measure in every shadow root. */
  async #rectsOf(node: CdpNode, length: number): Promise<Rect[]> {
    return this.#callOn(
      node,
      `function ({ length, around }) {
        const frame = around ? this.ownerDocument.defaultView.frameElement : null;
        const [x, y] = frame
          ? [frame.getBoundingClientRect().left + frame.clientLeft, frame.getBoundingClientRect().top + frame.clientTop]
          : [0, 0];
        const texts = [];
        const walker = document.createTreeWalker(this, NodeFilter.SHOW_TEXT);
        for (let node = this.nodeType === 3 ? this : walker.nextNode(); node; node = walker.nextNode()) texts.unshift(node);
        const lines = [];
        let left = length;
        for (const node of texts) {
          const range = document.createRange();
          const end = node.data.replace(/\\ufeff+$/, "").length;
          range.setStart(node, Math.max(0, end - left));
          range.setEnd(node, end);
          left -= end;
          // An editor may draw the letters of one line in several pieces.
          for (const rect of [...range.getClientRects()].reverse()) {
            const line = lines[0];
            if (line && line.top === rect.top && line.bottom === rect.bottom) {
              line.left = Math.min(line.left, rect.left);
              line.right = Math.max(line.right, rect.right);
            } else lines.unshift({ left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom });
          }
          if (left <= 0) break;
        }
        return lines.map(({ left, top, right, bottom }) => ({ left: left + x, top: top + y, right: right + x, bottom: bottom + y }));
      }`,
      { length, around: this.#around },
    );
  }

  async style(names: string[]): Promise<Record<string, string>> {
    const drawn = await this.#drawn();
    if (!drawn) throw new Error("no ghost text is drawn");
    return this.#callOn(
      drawn.node,
      `function (names) {
        const style = getComputedStyle(this);
        return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
      }`,
      names,
    );
  }

  /** Counts how often ghost text comes and goes from now on. */
  async watch(): Promise<() => Promise<{ came: number; went: number }>> {
    const drawn = await this.#drawn();
    if (!drawn) return this.#watchHost();
    await this.#callOn(
      drawn.node,
      `function () {
        this.log = { came: 0, went: 0 };
        let isThere = true;
        new MutationObserver(() => {
          const was = isThere;
          isThere = this.querySelector("[data-text]") !== null;
          this.log.came += Number(isThere && !was);
          this.log.went += Number(was && !isThere);
        }).observe(this, { attributes: true, attributeFilter: ["data-text"], subtree: true });
      }`,
      null,
    );
    return () => this.#callOn(drawn.node, "function () { return this.log; }", null);
  }

  /** The first ghost text in a field comes with its host. */
  async #watchHost(): Promise<() => Promise<{ came: number; went: number }>> {
    const session = await this.#session;
    const evaluate = async (expression: string) => {
      const { result } = await session.send("Runtime.evaluate", { expression, returnByValue: true });
      return result.value as { came: number; went: number };
    };
    await evaluate(`
      window.ghostLog = { came: 0, went: 0 };
      new MutationObserver((changes) => {
        for (const { addedNodes, removedNodes } of changes) {
          window.ghostLog.came += addedNodes.length;
          window.ghostLog.went += removedNodes.length;
        }
      }).observe(${this.#document}.documentElement, { childList: true });`);
    return () => evaluate("window.ghostLog");
  }

  /** Lets functions that a test runs in the page see whether `window.ghostText` has children: whether ghost text is drawn. */
  async expose(): Promise<void> {
    const drawn = await this.#drawn();
    if (!drawn) throw new Error("no ghost text is drawn");
    await this.#callOn(drawn.node, "function () { window.ghostText = this; }", null);
  }

  /** Counts how many frames are drawn between each input event and the change of ghost text after it. */
  async watchFrames(): Promise<() => Promise<number[]>> {
    const drawn = await this.#drawn();
    if (!drawn) throw new Error("no ghost text is drawn");
    await this.#callOn(
      drawn.node,
      `function () {
        window.ghostFrames = [];
        let now = 0;
        let input = 0;
        const count = () => { now += 1; requestAnimationFrame(count); };
        requestAnimationFrame(count);
        document.addEventListener("input", () => { input = now; });
        new MutationObserver(() => window.ghostFrames.push(now - input)).observe(this, {
          attributes: true,
          attributeFilter: ["data-text"],
          subtree: true,
        });
      }`,
      null,
    );
    const session = await this.#session;
    return async () => {
      const { result } = await session.send("Runtime.evaluate", {
        expression: "window.ghostFrames",
        returnByValue: true,
      });
      return result.value as number[];
    };
  }

  async #callOn<Result>({ backendNodeId }: CdpNode, functionDeclaration: string, argument: unknown): Promise<Result> {
    const session = await this.#session;
    const { object } = await session.send("DOM.resolveNode", { backendNodeId });
    const { result } = await session.send("Runtime.callFunctionOn", {
      objectId: object.objectId ?? "",
      functionDeclaration,
      arguments: [{ value: argument }],
      returnByValue: true,
    });
    return result.value as Result;
  }

  /** The count that is shown when there are several suggestions, as in 2/3. */
  async choice(): Promise<string> {
    return (await this.#drawn())?.choice ?? "";
  }

  async #drawn(): Promise<{ node: CdpNode; text: string; choice: string } | null> {
    const session = await this.#session;
    const { result } = await session.send("Runtime.evaluate", {
      expression: `${this.#document}.documentElement.querySelector(':scope > [popover="manual"][aria-hidden="true"]')`,
    });
    if (!result.objectId) return null;
    const described = await session.send("DOM.describeNode", { objectId: result.objectId, depth: -1, pierce: true });
    const host = described.node as CdpNode;
    const [clip, label] = host.shadowRoots?.[0]?.children?.[0]?.children ?? [];
    if (!clip || !label) return null;
    const isLabel = label.attributes?.some((value) => value.includes("display: block")) ?? false;
    const count = all(host).find((one) => isNamed(one, "small"));
    const node = all(isLabel ? label : clip).findLast((one) => isNamed(one, "span"));
    const text = node ? paintedIn(node) : "";
    return node && text !== "" ? { node, text, choice: count ? generatedIn(count) : "" } : null;
  }
}

/** In XHTML, unlike in HTML, the browser gives names in small letters. */
const isNamed = ({ nodeName }: CdpNode, name: string): boolean => nodeName.toLowerCase() === name;

/** The text of the pictures and the spaces in a node. */
const paintedIn = (node: CdpNode) =>
  all(node)
    .map((one) => attribute(one, "data-text"))
    .join("");

/** The text of the quotation marks in a node. */
const generatedIn = (node: CdpNode) =>
  all(node)
    .map((one) => /quotes: "(.*?)"/.exec(attribute(one, "style"))?.[1] ?? "")
    .join("");

function attribute({ attributes = [] }: CdpNode, name: string): string {
  const at = attributes.findIndex((one, index) => index % 2 === 0 && one === name);
  return at < 0 ? "" : (attributes[at + 1] ?? "");
}

function all(node: CdpNode): CdpNode[] {
  const inner = [...(node.children ?? []), ...(node.shadowRoots ?? [])];
  return [node, ...[...inner, ...(node.contentDocument ? [node.contentDocument] : [])].flatMap(all)];
}

function textOf(node: CdpNode): string {
  return all(node)
    .map(({ nodeValue }) => nodeValue)
    .join("");
}
