import { firstOf, lastOf } from "../cut.ts";
import { type Box, intersection, type Place } from "../place.ts";
import { isClosed, type PasswordMemory } from "../private.ts";
import type { Field, FieldText, Heard, Written } from "./field.ts";
import { clippedByAncestors, coloursOf, textStyle } from "./style.ts";
import { foundOrDisturbed } from "./verify.ts";

/** How much is read to see that a write did what it should. */
const VERIFIED = 200;
/** It draws in the next frame, or in one soon after on a busy machine. */
const FRAMES = 10;

/** What Monaco types into, of the EditContext API, which TypeScript has no types for. https://w3c.github.io/edit-context/ */
interface EditContext extends EventTarget {
  readonly text: string;
  readonly selectionStart: number;
  readonly selectionEnd: number;
}

/**
 * Monaco, where it types through an EditContext (Chromium). It keeps its text in a model that no other script reaches, gives the
 * browser the line that the caret is in, and draws those lines that are in view: the text is put together from both.
 */
export class Monaco implements Field {
  readonly element: HTMLElement;
  readonly kind = "code";
  readonly #context: EditContext;
  readonly #editor: Element;
  readonly #passwords: PasswordMemory;

  private constructor(element: HTMLElement, context: EditContext, editor: Element, passwords: PasswordMemory) {
    this.element = element;
    this.#context = context;
    this.#editor = editor;
    this.#passwords = passwords;
  }

  /** The editor that types into `element`; null where that is none of Monaco's. */
  static at(element: HTMLElement, passwords: PasswordMemory): Monaco | null {
    const { editContext } = element as { editContext?: EditContext | null };
    const editor = element.closest(".monaco-editor");
    return editContext && editor ? new Monaco(element, editContext, editor, passwords) : null;
  }

  get open(): boolean {
    // An editor that can only be read says so in this way.
    return !isClosed(this.element, this.#passwords) && this.element.getAttribute("aria-autocomplete") !== "none";
  }

  /** It says nothing to the page of what was typed or where its caret went: what it has drawn tells. */
  watch({ changed, composing }: Heard, signal: AbortSignal): void {
    let seen = "";
    const look = new MutationObserver(() => {
      // A blinking caret is a change too.
      const now = this.#drawn();
      if (now !== seen) changed();
      seen = now;
    });
    const content = this.#find(".lines-content");
    if (content)
      look.observe(content, { attributeFilter: ["style"], childList: true, characterData: true, subtree: true });
    signal.addEventListener("abort", () => look.disconnect(), { once: true });
    this.#context.addEventListener("compositionstart", () => composing(true), { signal });
    this.#context.addEventListener("compositionend", () => composing(false), { signal });
  }

  read(limit: number): FieldText | null {
    const caret = this.#caret();
    if (!caret) return null;
    const { selectionStart, selectionEnd } = this.#context;
    return {
      before: lastOf(this.#before(caret), limit),
      after: firstOf([caret.text.slice(caret.offset), ...caret.below.map(textOf)].join("\n"), limit),
      // Of several carets each would take the text.
      selected: selectionStart !== selectionEnd || this.#editor.querySelectorAll(".cursors-layer .cursor").length > 1,
      room: Number.POSITIVE_INFINITY,
    };
  }

  place(): Place | null {
    const caret = this.#caret();
    const window = this.#find(".editor-scrollable");
    if (!caret || !window) return null;
    const style = getComputedStyle(caret.span);
    const scale = caret.line.getBoundingClientRect().height / caret.line.offsetHeight;
    const clip = intersection(window.getBoundingClientRect(), this.#editor.getBoundingClientRect());
    return {
      clip: clippedByAncestors(window, clip),
      flow: { left: caret.box.left, top: caret.box.top, width: clip.width / scale, height: caret.box.height / scale },
      scale,
      wraps: false,
      rightToLeft: false,
      style: textStyle(style),
      ...coloursOf(style, caret.line),
      lead: { kind: "caret", indent: 0, caret: caret.box },
      seenAt: (x, y) => this.#isSeenAt(x, y),
    };
  }

  /** By its own way for text that comes as one piece: typed brackets it would close, and it would add to the undo step before. */
  async insert(text: string): Promise<Written> {
    const was = this.read(VERIFIED);
    if (!was || was.selected) return "refused";
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true, composed: true });
    // What takes it says so. Nothing is in the text then that did not go through the editor.
    if (this.element.dispatchEvent(paste)) return "refused";
    return (await this.#shows(was.before + text, was.after)) ? "written" : "unverified";
  }

  /**
   * Whether it draws this text. Where a key or a press comes sooner, as Ctrl-Z right after the word, there may be no frame with it:
   * then the editor's word is taken for it.
   */
  async #shows(before: string, after: string): Promise<boolean> {
    return foundOrDisturbed(async () => {
      for (let frame = 0; frame < FRAMES; frame++) {
        const is = this.read(VERIFIED);
        if (is && lastLine(is.before) === lastLine(before) && isAlike(is.after, after)) return true;
        await new Promise(requestAnimationFrame);
      }
      return false;
    });
  }

  #find(selector: string): HTMLElement | null {
    return this.#editor.querySelector<HTMLElement>(selector);
  }

  /** What is drawn, but for the blinking. */
  #drawn(): string {
    const style = this.#find(".cursors-layer .cursor")?.style;
    const content = this.#find(".lines-content")?.style;
    const lines = this.#find(".view-lines")?.textContent;
    return [style?.left, style?.top, content?.left, content?.top, content?.transform, lines].join("\n");
  }

  /**
   * What stands before the caret: its line as the browser was given it, which is right up to the caret only (Monaco 0.57 leaves old
   * letters after the line's end), and the lines above as far as they are drawn. A long line may be drawn as several.
   */
  #before({ text, offset, above }: Caret): string {
    const own = this.#context.text.slice(0, this.#context.selectionStart);
    const lines = above.map(textOf);
    let piece: string | undefined = text.slice(0, offset);
    let rest = own;
    while (piece && rest.endsWith(piece)) {
      rest = rest.slice(0, rest.length - piece.length);
      if (rest !== "") piece = lines.pop();
      else break;
    }
    // A line with tabs is drawn otherwise than it is: what stands above it can't be told from its own beginning.
    return rest === "" ? [...lines, own].join("\n") : own;
  }

  /** The caret as it is drawn. Its own place is in whole pixels: the letter that it stands before says more. */
  #caret(): Caret | null {
    const cursor = this.#find(".cursors-layer .cursor");
    const lines = [...this.#editor.querySelectorAll<HTMLElement>(".view-lines > .view-line")];
    lines.sort((one, other) => topOf(one) - topOf(other));
    const index = lines.findIndex((one) => topOf(one) === (cursor && topOf(cursor)));
    const line = lines[index];
    const inner = line?.firstElementChild;
    if (!cursor || !line || !inner) return null;
    const { left } = cursor.getBoundingClientRect();
    return {
      line,
      ...letterAt(inner, left + Number.parseFloat(cursor.style.paddingLeft || "0")),
      text: textOf(line),
      above: lines.slice(0, index),
      below: lines.slice(index + 1),
    };
  }

  /** Widgets of the editor's own, as its list of words, come over its lines. */
  #isSeenAt(x: number, y: number): boolean {
    const hit = (this.#editor.getRootNode() as Document | ShadowRoot).elementFromPoint(x, y);
    return (
      hit?.closest(".lines-content") != null && hit.closest(".contentWidgets") === null && this.#editor.contains(hit)
    );
  }
}

/** The line that the caret is in: of those above it wrapped ones are drawn as several, with more of them when a word is put in. */
const lastLine = (text: string): string => lastOf(text.slice(text.lastIndexOf("\n") + 1), VERIFIED);

/** Whether two texts that are cut at their ends begin alike, wherever their lines break. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => text.replace(/\s+/g, "")) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

/** The drawn line that holds the caret, and what stands around it. */
interface Caret {
  readonly line: HTMLElement;
  /** What the letters at the caret are styled by. */
  readonly span: Element;
  readonly text: string;
  /** Where in `text` it stands. */
  readonly offset: number;
  readonly box: Box;
  readonly above: readonly HTMLElement[];
  readonly below: readonly HTMLElement[];
}

const topOf = (element: HTMLElement): number => Number.parseFloat(element.style.top);

const textOf = (line: HTMLElement): string => (line.textContent ?? "").replaceAll("\u00a0", " ");

/** The letter of a drawn line whose left edge is nearest to `x`, in the viewport's pixels: letters stand from left to right. */
function letterAt(line: Element, x: number): Pick<Caret, "span" | "offset" | "box"> {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const boxAt = (node: Node, offset: number): Box => {
    range.setStart(node, offset);
    range.collapse(true);
    const { left, top, height } = range.getBoundingClientRect();
    return { left, top, width: 0, height };
  };
  let nearest: Pick<Caret, "span" | "offset" | "box"> | null = null;
  let start = 0;
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
    const { length, parentElement } = node;
    if (nearest && x < boxAt(node, 0).left) break;
    let [low, high] = [0, length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (boxAt(node, middle).left <= x) low = middle;
      else high = middle;
    }
    const offset = Math.abs(boxAt(node, high).left - x) < Math.abs(boxAt(node, low).left - x) ? high : low;
    nearest = { span: parentElement ?? line, offset: start + offset, box: boxAt(node, offset) };
    start += length;
  }
  return nearest ?? { span: line, offset: 0, box: emptyBox(line) };
}

/** Where letters would stand in a line without any. */
function emptyBox(line: Element): Box {
  const { left, top, height } = line.getBoundingClientRect();
  const letters = Number.parseFloat(getComputedStyle(line).fontSize) * 1.2;
  return { left, top: top + (height - letters) / 2, width: 0, height: letters };
}
