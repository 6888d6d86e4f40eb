/** The boxes of a rich editor's text: its block, its caret, and what of it is visible. */

import { type Box, intersection } from "../placement.ts";
import { edges } from "./edges.ts";
import { type Caret, isBlock } from "./editable-text.ts";
import { parentOf } from "./visibility.ts";

/** The block that the caret's line is laid out in. */
export function blockAround(inline: Element, root: Element): HTMLElement | null {
  for (let element: Element | null = inline; element; element = parentOf(element)) {
    if (element instanceof HTMLElement && (element === root || isBlock(element))) return element;
  }
  return null;
}

export function contentBox(block: HTMLElement): Box {
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

/** The part of an editor in which text is visible. If the editor does not scroll, its text may extend below it. */
export function visibleBox(element: HTMLElement): Box {
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

export function startsAtEdge(align: string, rightToLeft: boolean): boolean {
  return align === "start" || align === "justify" || align === (rightToLeft ? "right" : "left");
}

/** The box of the line's text at the caret. An empty line has no text: then it is the box of its `br`, or the beginning of the block. */
export function caretBox(caret: Caret, block: Box, style: CSSStyleDeclaration): Box {
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
