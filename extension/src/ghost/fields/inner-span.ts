import type { Box } from "../placement.ts";
import { edges } from "./edges.ts";

/**
 * Where `element` is inside of its border and its scroll bars, in pixels of the viewport. `outer`: its box with them, or the box of one of
 * its parts. A scroll bar, or the space that is kept for it, is part of neither the border nor the padding. It may be at both sides.
 */
export function innerSpan(
  element: HTMLElement,
  outer: Box,
  style: CSSStyleDeclaration,
  scale: number,
): Omit<Box, "height"> {
  const border = edges(style, "border");
  const innerWidth = outer.width / scale - border.left - border.right;
  const bars = Math.max(0, Math.round(innerWidth) - element.clientWidth);
  const barLeft = Math.min(bars, Math.max(0, element.clientLeft - Math.round(border.left)));
  return {
    left: outer.left + (border.left + barLeft) * scale,
    top: outer.top + border.top * scale,
    width: (innerWidth - bars) * scale,
  };
}
