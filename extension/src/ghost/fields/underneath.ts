/** What lies on the page where ghost text is to be drawn. */

import { type Box, overlap } from "../placement.ts";
import { surrounds } from "./ancestors.ts";

/** What the user can press, and what shows something else than text. */
const OBSTACLES = [
  "a[href], area, button, input, label, option, select, summary, textarea, [onclick], [tabindex]:not([tabindex^='-'])",
  "[contenteditable='' i], [contenteditable='true' i], [contenteditable='plaintext-only' i]",
  ...["button", "checkbox", "link", "menuitem", "option", "radio", "switch", "tab"].map((role) => `[role="${role}"]`),
  "audio, canvas, embed, iframe, img, object, svg, video",
].join();

/** The distance between two points at which the browser is asked, in pixels. Small elements between them are found by their boxes. */
const STEP = { x: 60, y: 16 };
/** The number of child nodes of one element that are looked at. */
const CHILDREN = 300;

/** Whether `box` covers no text and nothing that can be pressed. The own text of a text box, which has no nodes, is not looked at. */
export function coversNothing(box: Box, field: Element): boolean {
  const seen = new Set<Element>();
  for (const [x, y] of pointsIn(box)) {
    const hit = elementAt(field, x, y);
    // There is nothing outside of the window.
    if (!hit) return false;
    if (seen.has(hit)) continue;
    seen.add(hit);
    if (isObstacle(hit, field) || holdsObstacle(hit, box, field)) return false;
  }
  return true;
}

/** The topmost element at a point, also inside open shadow roots and the root of `field`. */
export function elementAt(field: Element, x: number, y: number): Element | null {
  let hit = (field.getRootNode() as Document | ShadowRoot).elementFromPoint(x, y);
  for (let root = hit?.shadowRoot; root; root = hit?.shadowRoot) {
    const inner = root.elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  return hit;
}

function pointsIn({ left, top, width, height }: Box): [number, number][] {
  const along = (start: number, size: number, step: number) => {
    const count = Math.ceil(size / step);
    return Array.from({ length: count }, (_, index) => start + ((index + 0.5) * size) / count);
  };
  const ends = [left + 1, left + width - 1];
  const columns = [...ends, ...along(left, width, STEP.x)];
  return along(top, height, STEP.y).flatMap((y) => columns.map((x): [number, number] => [x, y]));
}

function isObstacle(element: Element, field: Element): boolean {
  const obstacle = element.closest(OBSTACLES);
  if (obstacle && !surrounds(obstacle, field)) return true;
  if (surrounds(element, field)) return false;
  const { cursor, float } = getComputedStyle(element);
  // Lines go around a floating element, so ghost text over it is in the wrong place.
  return float !== "none" || (cursor === "pointer" && !surrounds(field, element));
}

/** Whether text or an obstacle in `element` is inside `box`. */
function holdsObstacle(element: Element, box: Box, field: Element): boolean {
  let left = CHILDREN;
  for (let child = element.firstChild; child && left > 0; child = child.nextSibling, left--) {
    if (child instanceof Text ? hasTextIn(child, box) : child instanceof Element && isIn(child, box, field))
      return true;
  }
  return false;
}

function isIn(element: Element, box: Box, field: Element): boolean {
  if (surrounds(element, field) || !overlap(element.getBoundingClientRect(), box)) return false;
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  return isObstacle(element, field) || holdsObstacle(element, box, field);
}

function hasTextIn(node: Text, box: Box): boolean {
  const start = node.data.search(/\S/);
  if (start < 0) return false;
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, node.data.trimEnd().length);
  return [...range.getClientRects()].some((one) => overlap(one, box));
}
