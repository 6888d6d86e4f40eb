import { type Box, intersection, type Placement } from "../../placement.ts";
import { firstOf, lastOf } from "../../text/cut.ts";
import { zoomOf } from "../../zoom.ts";
import { coloursOf } from "../colours.ts";
import type { EditorListener, Field, FieldContext, FieldText, Written } from "../field.ts";
import { textStyle } from "../text-style.ts";
import { coversNothing } from "../underneath.ts";
import { foundOrDisturbed } from "../verify-write.ts";
import { clippedByAncestors } from "../visibility.ts";
import type { Editor } from "./editor.ts";

/** The number of characters on each side that are compared after a write. */
const VERIFIED = 200;
/** Monaco draws text in the next frame, or a few frames later on a busy machine. */
const FRAMES = 10;

/** The part of the EditContext API that is used here. TypeScript has no types for it. https://w3c.github.io/edit-context/ */
interface EditContext extends EventTarget {
  readonly text: string;
  readonly selectionStart: number;
  readonly selectionEnd: number;
}

/**
 * Monaco. In Chromium it takes text through an EditContext. It keeps its text in a model that no other script reaches, gives the browser the
 * line of the caret, and draws the lines that are in view: `MonacoField` puts the text together from both. In Firefox, which has no
 * EditContext, Monaco takes text through a hidden text area whose content is not the text that the user sees: it is left alone there.
 */
export const monaco: Editor = {
  name: "Monaco",
  selector: ".monaco-editor *",
  isCode: true,
  hiddenInput: ".monaco-editor textarea",
};

/** Monaco's field, if `element` takes its text through an EditContext. */
export function monacoFieldAt(element: HTMLElement, context: FieldContext): Field | null {
  const { editContext } = element as { editContext?: EditContext | null };
  const editor = element.closest(".monaco-editor");
  return editContext && editor ? new MonacoField(element, editContext, editor, context) : null;
}

class MonacoField implements Field {
  readonly element: HTMLElement;
  readonly kind = "code";
  readonly oneLine = false;
  readonly takesLines = true;
  readonly subject = "";
  readonly answered = "";
  readonly label = "";
  /** Monaco draws its own suggestions only in code editors whose page turned them on. They are not recognised. */
  readonly hasPageSuggestion = false;
  readonly #input: EditContext;
  readonly #editor: Element;
  readonly #context: FieldContext;

  constructor(element: HTMLElement, input: EditContext, editor: Element, context: FieldContext) {
    this.element = element;
    this.#input = input;
    this.#editor = editor;
    this.#context = context;
  }

  get readable(): boolean {
    // This is how Monaco marks a read-only editor.
    return !this.#context.privacy.isClosed(this.element) && this.element.getAttribute("aria-autocomplete") !== "none";
  }

  /** Monaco causes no event of the page when its text or its caret changes. So the elements that it draws are watched. */
  watch({ changed, composing }: EditorListener, signal: AbortSignal): void {
    let seen = "";
    const observer = new MutationObserver(() => {
      // The blinking of the caret is also a change of the elements.
      const now = this.#drawn();
      if (now !== seen) changed();
      seen = now;
    });
    const content = this.#find(".lines-content");
    if (content)
      observer.observe(content, { attributeFilter: ["style"], childList: true, characterData: true, subtree: true });
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.#input.addEventListener("compositionstart", () => composing(true), { signal });
    this.#input.addEventListener("compositionend", () => composing(false), { signal });
  }

  read(limit: number): FieldText | null {
    const caret = this.#caret();
    if (!caret) return null;
    const { selectionStart, selectionEnd } = this.#input;
    return {
      before: lastOf(this.#before(caret), limit),
      after: firstOf([caret.text.slice(caret.offset), ...caret.below.map(textOf)].join("\n"), limit),
      // With several carets, each of them would insert the text.
      selected: selectionStart !== selectionEnd || this.#editor.querySelectorAll(".cursors-layer .cursor").length > 1,
      room: Number.POSITIVE_INFINITY,
    };
  }

  placement(): Placement | null {
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
      zoom: zoomOf(caret.line),
      wraps: false,
      rightToLeft: false,
      style: textStyle(style),
      ...coloursOf(style, caret.line),
      lead: { kind: "caret", indent: 0, caret: caret.box },
      seenAt: (x, y) => this.#isSeenAt(x, y),
      isFree: (box) => coversNothing(box, this.#editor),
    };
  }

  /** By a paste event: Monaco would close typed brackets, and would add typed text to the previous undo step. */
  async insert(text: string): Promise<Written> {
    const was = this.read(VERIFIED);
    if (!was || was.selected) return "refused";
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true, composed: true });
    // An editor that takes the text cancels the event. Then the text has gone through the editor itself.
    if (this.element.dispatchEvent(paste)) return "refused";
    return (await this.#shows(was.before + text, was.after)) ? "written" : "unverified";
  }

  /** Whether Monaco draws this text. */
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

  /** The caret as it is drawn, except the blinking. */
  #drawn(): string {
    const style = this.#find(".cursors-layer .cursor")?.style;
    const content = this.#find(".lines-content")?.style;
    const lines = this.#find(".view-lines")?.textContent;
    return [style?.left, style?.top, content?.left, content?.top, content?.transform, lines].join("\n");
  }

  /**
   * The text before the caret: the caret's line from the EditContext, and the lines above it as far as they are drawn. The EditContext is
   * right only up to the caret: Monaco 0.57 leaves old letters after the end of the line. A long line may be drawn as several lines.
   */
  #before({ text, offset, above }: Caret): string {
    const own = this.#input.text.slice(0, this.#input.selectionStart);
    const lines = above.map(textOf);
    let piece: string | undefined = text.slice(0, offset);
    let rest = own;
    while (piece && rest.endsWith(piece)) {
      rest = rest.slice(0, rest.length - piece.length);
      if (rest !== "") piece = lines.pop();
      else break;
    }
    // A line with tabs is drawn with spaces. Then the drawn lines above can't be told from the beginning of the line itself.
    return rest === "" ? [...lines, own].join("\n") : own;
  }

  /** The caret as it is drawn. Its own position is rounded to whole pixels, so the letter after it is measured. */
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

  /** Widgets of the editor, such as its list of words, may cover its lines. */
  #isSeenAt(x: number, y: number): boolean {
    const hit = (this.#editor.getRootNode() as Document | ShadowRoot).elementFromPoint(x, y);
    return (
      hit?.closest(".lines-content") != null && hit.closest(".contentWidgets") === null && this.#editor.contains(hit)
    );
  }
}

/** The line of the caret. The lines above are not compared: a wrapped line is drawn as several, and an inserted word may add one. */
const lastLine = (text: string): string => lastOf(text.slice(text.lastIndexOf("\n") + 1), VERIFIED);

/** Whether one text begins with the other, if line breaks and spaces are ignored. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => text.replace(/\s+/g, "")) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

/** The drawn line with the caret, and the text around it. */
interface Caret {
  readonly line: HTMLElement;
  /** The element that styles the letters at the caret. */
  readonly span: Element;
  readonly text: string;
  /** The position of the caret in `text`. */
  readonly offset: number;
  readonly box: Box;
  readonly above: readonly HTMLElement[];
  readonly below: readonly HTMLElement[];
}

const topOf = (element: HTMLElement): number => Number.parseFloat(element.style.top);

const textOf = (line: HTMLElement): string => (line.textContent ?? "").replaceAll("\u00a0", " ");

/** The letter of a drawn line whose left edge is nearest to `x`, in pixels of the viewport. Letters are drawn from left to right. */
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

/** The box in which letters would be drawn in an empty line. */
function emptyBox(line: Element): Box {
  const { left, top, height } = line.getBoundingClientRect();
  const letters = Number.parseFloat(getComputedStyle(line).fontSize) * 1.2;
  return { left, top: top + (height - letters) / 2, width: 0, height: letters };
}
