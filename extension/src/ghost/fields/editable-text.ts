/** The text of a rich editor around its caret, as the user would copy it: a block or a `br` begins a new line. */

import { firstOf, lastOf } from "../text/cut.ts";

export interface Caret {
  readonly node: Node;
  readonly offset: number;
}

export interface TextAround {
  readonly before: string;
  readonly after: string;
}

const BLOCK_DISPLAY = /^(block|flex|grid|table|list-item|flow-root|table-row|table-cell|table-caption)/;
/** Spaces that HTML may collapse into one, or not show at all. */
const COLLAPSES = /[\t\r\n\f]| {2}|^ /;
const KEEPS_SPACES = /^(pre|break-spaces)/;

/**
 * The text around `caret` in `root`, at most `limit` characters on each side, without the text of one element. Of a long text it
 * reads only what is needed.
 */
export function textAround(root: Element, caret: Caret, limit: number, without: Element | null = null): TextAround {
  const lines = new Lines();
  const first = firstWithin(root, caret, limit);
  readInto(lines, root, { caret, first, limit, without, isEnough: () => lines.after.length > limit });
  return { before: lastOf(lines.before, limit), after: firstOf(lines.after, limit) };
}

export const isBlock = (element: Element): boolean => BLOCK_DISPLAY.test(getComputedStyle(element).display);

interface Reading {
  readonly caret: Caret;
  /** Nodes before this one are not needed. */
  readonly first: Node | null;
  readonly limit: number;
  readonly without: Element | null;
  isEnough(): boolean;
}

/** Joins text, line breaks and the caret to lines. A block begins a new line only if something comes before it. */
class Lines {
  before = "";
  after = "";
  #pastCaret = false;
  #lineIsDue = false;
  #isEmpty = true;

  /** Editors such as Jodit put a character without width where the caret needs some text. It is not the user's. */
  text(data: string, keepsSpaces: boolean): void {
    const typed = data.replaceAll("\ufeff", "");
    const collapsed = keepsSpaces ? typed : this.#collapse(typed);
    if (collapsed === "") return;
    this.#open();
    this.#add(collapsed.replaceAll("\u00a0", " "));
  }

  lineBreak(isPlaceholder: boolean): void {
    this.#open();
    if (!isPlaceholder) this.#add("\n");
  }

  blockEdge(): void {
    this.#lineIsDue = !this.#isEmpty;
  }

  caret(): void {
    this.#open();
    this.#pastCaret = true;
  }

  #open(): void {
    if (this.#lineIsDue) this.#add("\n");
    this.#lineIsDue = false;
    this.#isEmpty = false;
  }

  #add(text: string): void {
    if (this.#pastCaret) this.after += text;
    else this.before += text;
  }

  /** Spaces as HTML shows them: several become one, and none is shown at the beginning of a line. */
  #collapse(data: string): string {
    const collapsed = data.replace(/[ \t\r\n\f]+/g, " ");
    const last = (this.before + this.after).at(-1);
    const atLineStart = this.#lineIsDue || last === undefined || last === " " || last === "\n";
    return atLineStart ? collapsed.replace(/^ /, "") : collapsed;
  }
}

function readInto(lines: Lines, node: Node, reading: Reading): void {
  if (node instanceof Text) readText(lines, node, reading);
  else if (node instanceof HTMLBRElement) lines.lineBreak(isPlaceholder(node));
  else if (node instanceof Element) readElement(lines, node, reading);
}

function readText(lines: Lines, node: Text, { caret, limit }: Reading): void {
  const { data, parentElement } = node;
  // Reading a style costs more than reading the text, so it is read only if it makes a difference.
  const keeps =
    !COLLAPSES.test(data) || (parentElement !== null && KEEPS_SPACES.test(getComputedStyle(parentElement).whiteSpace));
  // Collapsing may shorten the text, so more than the limit is read.
  if (node !== caret.node) return lines.text(node.data, keeps);
  lines.text(lastOf(node.data.slice(0, caret.offset), 2 * limit), keeps);
  lines.caret();
  lines.text(firstOf(node.data.slice(caret.offset), 2 * limit), keeps);
}

function readElement(lines: Lines, element: Element, reading: Reading): void {
  if (element === reading.without) return;
  const { display } = getComputedStyle(element);
  if (display === "none") return;
  const block = BLOCK_DISPLAY.test(display);
  if (block) lines.blockEdge();
  const { caret, first, isEnough } = reading;
  /** The child after the caret; null if the caret is after the last child; undefined if the caret is elsewhere. */
  const next = element === caret.node ? (element.childNodes[caret.offset] ?? null) : undefined;
  for (let child = childWith(element, first); child && !isEnough(); child = child.nextSibling) {
    if (child === next) lines.caret();
    readInto(lines, child, reading);
  }
  if (next === null) lines.caret();
  if (block) lines.blockEdge();
}

/** Whether a `br` only gives a height to its empty block, or to the empty line after another `br`. */
function isPlaceholder(br: HTMLBRElement): boolean {
  for (let node: Node = br; ; node = node.parentNode as Node) {
    for (let next = node.nextSibling; next; next = next.nextSibling) {
      if (next instanceof Text && next.data.trim() === "") continue;
      return next instanceof Element && isBlock(next);
    }
    if (!(node.parentNode instanceof Element) || isBlock(node.parentNode)) return true;
  }
}

/** The child of `element` that contains `inner`. If none does, the first child. */
function childWith(element: Element, inner: Node | null): Node | null {
  let child = inner;
  while (child && child.parentNode !== element) child = child.parentNode;
  return child ?? element.firstChild;
}

/** The node in which the last `limit` characters before the caret begin. Null if there are fewer. */
function firstWithin(root: Element, caret: Caret, limit: number): Node | null {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  walker.currentNode = caret.node.childNodes[caret.offset] ?? caret.node;
  let length = caret.node instanceof Text ? caret.offset : 0;
  while (length <= limit) {
    const text = walker.previousNode();
    if (!(text instanceof Text)) return null;
    length += text.length;
  }
  return walker.currentNode;
}
