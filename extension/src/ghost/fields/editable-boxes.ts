/** The boxes of a rich editor's text: its block, and its caret. */

import { type Box, isInside } from "../placement.ts";
import { parentOf } from "./ancestors.ts";
import { edges } from "./edges.ts";
import type { Caret } from "./editable-text.ts";
import { innerSpan } from "./inner-span.ts";

/** The width of a caret: text that ends this near to the edge of its box has made the box as wide as it is. */
const TOUCHES = 1.5;

/** Everything that sets its text into lines. */
const HOLDS_LINES =
  /^(inline-)?(block|flex|grid|table|list-item|flow-root|table-cell|table-caption)$|^flow-root list-item$/;

/** The block that the lines of `inline` are laid out in. An editor may be a part of a line: then the block is around it. */
export function blockAround(inline: Element): HTMLElement | null {
  for (let element: Element | null = inline; element; element = parentOf(element)) {
    if (element instanceof HTMLElement && HOLDS_LINES.test(getComputedStyle(element).display)) return element;
  }
  return null;
}

/** The box in which lines of `block` begin and end, in pixels of the viewport. `caret`: a point in one of the lines. */
export function flowBox(block: HTMLElement, caret: Box, scale: number, rightToLeft: boolean): Box {
  return columnOf(block, grown(block, contentBox(block, caret, scale), caret, scale, rightToLeft), caret, scale);
}

function contentBox(block: HTMLElement, caret: Box, scale: number): Box {
  const outer = partWith(block, caret);
  const style = getComputedStyle(block);
  const [border, padding] = [edges(style, "border"), edges(style, "padding")];
  const { left, top, width } = innerSpan(block, outer, style, scale);
  return {
    left: left + (padding.left - block.scrollLeft) * scale,
    top: top + (padding.top - block.scrollTop) * scale,
    width: width - (padding.left + padding.right) * scale,
    height: outer.height - (border.top + border.bottom + padding.top + padding.bottom) * scale,
  };
}

/** The box of `block`, or of its part in the column with the caret. */
function partWith(block: HTMLElement, { left, top, height }: Box): Box {
  const parts = [...block.getClientRects()];
  return parts.find((part) => isInside(part, left, top + height / 2)) ?? block.getBoundingClientRect();
}

/** The column with the caret, if the text of `block` itself is set in columns. */
function columnOf(block: HTMLElement, content: Box, caret: Box, scale: number): Box {
  const { columnCount, columnWidth, columnGap, fontSize } = getComputedStyle(block);
  const most = Number.parseFloat(columnCount);
  const least = Number.parseFloat(columnWidth) * scale;
  if (Number.isNaN(most) && Number.isNaN(least)) return content;
  const gap = Number.parseFloat(columnGap === "normal" ? fontSize : columnGap) * scale;
  const fitting = Math.max(1, Math.floor((content.width + gap) / (least + gap)));
  const count = Number.isNaN(least) ? most : Number.isNaN(most) ? fitting : Math.min(most, fitting);
  const width = (content.width - (count - 1) * gap) / count;
  const index = Math.max(0, Math.min(count - 1, Math.floor((caret.left - content.left + TOUCHES) / (width + gap))));
  return { ...content, left: content.left + index * (width + gap), width };
}

/**
 * A box that is as wide as its text grows with it: the label of a chip, a title, a child of a flexible box. Its lines end where the lines of
 * the block around it end.
 */
function grown(block: HTMLElement, content: Box, caret: Box, scale: number, rightToLeft: boolean): Box {
  const end = rightToLeft ? caret.left - content.left : content.left + content.width - caret.left;
  const parent = parentOf(block);
  const around = parent && blockAround(parent);
  if (Math.abs(end) > TOUCHES * scale || !around || hasFixedWidth(block)) return content;
  const outer = grown(around, contentBox(around, caret, scale), caret, scale, rightToLeft);
  const [left, right] = [
    Math.min(outer.left, content.left),
    Math.max(outer.left + outer.width, content.left + content.width),
  ];
  return rightToLeft
    ? { ...content, left, width: content.left + content.width - left }
    : { ...content, width: right - content.left };
}

/** Whether the page has set the width of `element` in pixels. Firefox does not tell. */
function hasFixedWidth(element: Element): boolean {
  const width = element.computedStyleMap?.().get("width");
  return width !== undefined && "unit" in width && width.unit === "px";
}

export function startsAtEdge(align: string, rightToLeft: boolean): boolean {
  return align === "start" || align === "justify" || align === (rightToLeft ? "right" : "left");
}

/** The box of the line's text at the caret. An empty line has no text: then it is the box of its `br`, or the beginning of the block. */
export function caretBox(caret: Caret, inline: Element, block: HTMLElement): Box {
  const drawn = drawnAt(caret) ?? drawnAt(endOfTextBefore(caret));
  if (drawn) return drawn;
  const next = caret.node.childNodes[caret.offset];
  if (next instanceof Element) {
    const box = next.getBoundingClientRect();
    if (box.height > 0) return { left: box.left, top: box.top, width: 0, height: box.height };
  }
  return emptyLine(inline, block);
}

function drawnAt(caret: Caret | null): Box | null {
  if (!caret) return null;
  const range = document.createRange();
  range.setStart(caret.node, caret.offset);
  const drawn = [...range.getClientRects()].at(-1);
  return drawn && drawn.height > 0 ? plain(drawn) : null;
}

/** Firefox has no box for a caret that is not in a text but after it, as ProseMirror sets it there. */
function endOfTextBefore({ node, offset }: Caret): Caret | null {
  let last: Node | null = node.childNodes[offset - 1] ?? null;
  while (last instanceof Element && getComputedStyle(last).display === "inline") last = last.lastChild;
  return last instanceof Text ? { node: last, offset: last.length } : null;
}

function emptyLine(inline: Element, block: HTMLElement): Box {
  const { direction, fontSize } = getComputedStyle(inline);
  const rightToLeft = direction === "rtl";
  const height = Number.parseFloat(fontSize) * 1.2;
  const part = inline === block ? undefined : [...inline.getClientRects()].at(-1);
  if (part && part.height > 0) return { left: rightToLeft ? part.left : part.right, top: part.top, width: 0, height };
  const outer = block.getBoundingClientRect();
  const scale = block.offsetWidth === 0 ? 1 : outer.width / block.offsetWidth;
  const content = contentBox(block, plain(outer), scale);
  return { left: rightToLeft ? content.left + content.width : content.left, top: content.top, width: 0, height };
}

function plain({ left, top, width, height }: Box): Box {
  return { left, top, width, height };
}
