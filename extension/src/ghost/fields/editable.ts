import { lastOf } from "../cut.ts";
import { type Box, intersection, type Place } from "../place.ts";
import { isClosed, type PasswordMemory } from "../private.ts";
import type { Reach } from "../reach.ts";
import { type Caret, isBlock, textAround } from "./editable-text.ts";
import type { Field, FieldKind, FieldText, Written } from "./field.ts";
import { kindOf } from "./kind.ts";
import { clippedByAncestors, coloursOf, edges, isSeenAt, parentOf, textStyle } from "./style.ts";
import { startNewUndoStepIn } from "./undo.ts";
import { foundOrDisturbed } from "./verify.ts";
import { wayInto } from "./ways.ts";

/** How much is read to see that a write did what it should. */
const VERIFIED = 200;
/** An editor that draws later than it takes text in is looked at again: often within this task, then after these milliseconds. */
const TICKS = 10;
const SETTLING_MS = [16, 32];

/** Any `contenteditable`. Editors differ in how they take text in and keep undo steps; how it is read and where it stands is the same. */
export class Editable implements Field {
  readonly element: HTMLElement;
  readonly kind: FieldKind;
  readonly #passwords: PasswordMemory;
  readonly #reach: Reach;

  constructor(element: HTMLElement, passwords: PasswordMemory, reach: Reach) {
    this.element = element;
    this.#passwords = passwords;
    this.#reach = reach;
    this.kind = kindOf(element, true);
    reach.entered(element);
  }

  get open(): boolean {
    return !isClosed(this.element, this.#passwords);
  }

  read(limit: number): FieldText | null {
    const selection = this.#selection();
    const caret = selection && this.#caret(selection);
    if (!selection || !caret) return null;
    const around = textAround(this.element, caret, limit);
    return { ...around, selected: !selection.isCollapsed, room: Number.POSITIVE_INFINITY };
  }

  place(): Place | null {
    const selection = this.#selection();
    const caret = selection && this.#caret(selection);
    if (!caret) return null;
    const inline = caret.node instanceof Element ? caret.node : caret.node.parentElement;
    const block = inline && blockAround(inline, this.element);
    if (!inline || !block) return null;
    const style = getComputedStyle(inline);
    if (style.writingMode !== "horizontal-tb" || block.offsetWidth === 0) return null;
    const flow = contentBox(block);
    const box = caretBox(caret, flow, style);
    const rightToLeft = style.direction === "rtl";
    const scale = block.getBoundingClientRect().width / block.offsetWidth;
    const indent = rightToLeft ? flow.left + flow.width - box.left : box.left - flow.left;
    return {
      clip: clippedByAncestors(this.element, visibleBox(this.element)),
      flow: { left: flow.left, top: box.top, width: flow.width / scale, height: box.height / scale },
      scale,
      wraps: startsAtEdge(getComputedStyle(block).textAlign, rightToLeft) && !/^(pre|nowrap)$/.test(style.whiteSpace),
      rightToLeft,
      style: textStyle(style),
      ...coloursOf(style, inline),
      lead: { kind: "caret", indent: indent / scale, caret: box },
      seenAt: (x, y) => isSeenAt(this.element, x, y),
    };
  }

  async insert(text: string): Promise<Written> {
    const { element } = this;
    const selection = this.#selection();
    const was = this.read(VERIFIED);
    if (!selection || !was || was.selected || !element.isContentEditable) return "refused";
    startNewUndoStepIn(selection);
    this.#reach.undoStep(element, "before");
    wayInto(element)(element, text);
    const written = await this.#holds(lastOf(was.before + text, VERIFIED), was.after);
    this.#reach.undoStep(element, "after");
    return written;
  }

  async #holds(before: string, after: string): Promise<Written> {
    const holds = () => {
      const is = this.read(VERIFIED);
      return is?.before === before && is.after === after;
    };
    for (let tick = 0; tick < TICKS; tick++) {
      if (holds()) return "written";
      await Promise.resolve();
    }
    const settles = async () => {
      for (const ms of SETTLING_MS) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        if (holds()) return true;
      }
      return false;
    };
    return (await foundOrDisturbed(settles)) ? "written" : "unverified";
  }

  #selection(): Selection | null {
    // In a shadow root, Chromium tells the selection only to the root itself.
    const root = this.element.getRootNode() as Document & { getSelection(): Selection | null };
    return root.getSelection?.() ?? document.getSelection();
  }

  #caret(selection: Selection): Caret | null {
    const { focusNode, focusOffset } = selection;
    if (!focusNode || !this.element.contains(focusNode)) return null;
    return { node: focusNode, offset: focusOffset };
  }
}

/** The block that the caret's line is laid out in. */
function blockAround(inline: Element, root: Element): HTMLElement | null {
  for (let element: Element | null = inline; element; element = parentOf(element)) {
    if (element instanceof HTMLElement && (element === root || isBlock(element))) return element;
  }
  return null;
}

function contentBox(block: HTMLElement): Box {
  const outer = block.getBoundingClientRect();
  const style = getComputedStyle(block);
  const border = edges(style, "border");
  const padding = edges(style, "padding");
  const scale = outer.width / block.offsetWidth;
  return {
    left: outer.left + (border.left + padding.left - block.scrollLeft) * scale,
    top: outer.top + (border.top + padding.top - block.scrollTop) * scale,
    width: (block.clientWidth - padding.left - padding.right) * scale,
    height: outer.height - (border.top + border.bottom + padding.top + padding.bottom) * scale,
  };
}

/** What of a scrolling editor is inside its edges; an editor that does not scroll lets text out of them. */
function visibleBox(element: HTMLElement): Box {
  const outer = element.getBoundingClientRect();
  const { overflowX, overflowY } = getComputedStyle(element);
  if (overflowX !== "visible" || overflowY !== "visible") return outer;
  return intersection({ ...plain(outer), height: outer.height + outer.height }, viewport());
}

function plain({ left, top, width, height }: Box): Box {
  return { left, top, width, height };
}

function viewport(): Box {
  return { left: 0, top: 0, width: window.innerWidth, height: window.innerHeight };
}

function startsAtEdge(align: string, rightToLeft: boolean): boolean {
  return align === "start" || align === "justify" || align === (rightToLeft ? "right" : "left");
}

/** The box of the line's text at the caret. An empty line has none: there it is where its `br` is, or where the block begins. */
function caretBox(caret: Caret, block: Box, style: CSSStyleDeclaration): Box {
  const range = document.createRange();
  range.setStart(caret.node, caret.offset);
  const drawn = [...range.getClientRects()].at(-1);
  if (drawn && drawn.height > 0) return plain(drawn);
  const next = caret.node.childNodes[caret.offset];
  if (next instanceof Element) {
    const box = next.getBoundingClientRect();
    if (box.height > 0) return { left: box.left, top: box.top, width: 0, height: box.height };
  }
  const left = style.direction === "rtl" ? block.left + block.width : block.left;
  return { left, top: block.top, width: 0, height: Number.parseFloat(style.fontSize) * 1.2 };
}
