import { type Box, intersection } from "../placement.ts";

/** The parent on the page, also out of a shadow root. */
export function parentOf(element: Element): Element | null {
  if (element.assignedSlot) return element.assignedSlot;
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** The part of `box` that the boxes around `element` do not clip. */
export function clippedByAncestors(element: Element, box: Box): Box {
  let seen = box;
  for (
    let around = parentOf(element);
    around && around !== element.ownerDocument.documentElement;
    around = parentOf(around)
  ) {
    const { overflowX, overflowY } = getComputedStyle(around);
    // A scrolling body scrolls the page: the viewport clips it.
    if (around === element.ownerDocument.body || (overflowX === "visible" && overflowY === "visible")) continue;
    seen = intersection(seen, around.getBoundingClientRect());
  }
  return seen;
}

/** Whether `element`, or an element in it, is on top at a point of the viewport. */
export function isSeenAt(element: Element, x: number, y: number): boolean {
  const root = element.getRootNode() as Document | ShadowRoot;
  const hit = root.elementFromPoint(x, y);
  return hit !== null && (element === hit || element.contains(hit));
}
