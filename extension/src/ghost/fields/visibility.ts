import { type Box, intersection, viewportOf } from "../placement.ts";
import { parentOf, surrounds } from "./ancestors.ts";
import { elementAt } from "./underneath.ts";

/** The part of the window in which the content of `element` is visible. */
export function clipOf(element: Element): Box {
  return clippedFrom(element, viewportOf(window));
}

/** The part of `box` that the boxes around `element` do not clip. */
export function clippedByAncestors(element: Element, box: Box): Box {
  const parent = parentOf(element);
  return parent ? clippedFrom(parent, box, getComputedStyle(element).position) : box;
}

/** `position`: of the element whose box is clipped. It is not clipped by boxes between it and the box that it is positioned in. */
function clippedFrom(element: Element, box: Box, position = "static"): Box {
  let seen = box;
  let escapes = position;
  const { body, documentElement } = element.ownerDocument;
  for (let around: Element | null = element; around && around !== documentElement; around = parentOf(around)) {
    const style = getComputedStyle(around);
    if (!holds(style, escapes)) continue;
    escapes = style.position;
    // A scrolling body scrolls the page: the viewport clips it.
    if (around !== body) seen = clippedBy(around, style, seen);
  }
  return seen;
}

/** Whether a box with this style is in the way of its content with this position. */
function holds({ position, transform, filter }: CSSStyleDeclaration, escapes: string): boolean {
  if (escapes !== "absolute" && escapes !== "fixed") return true;
  if (transform !== "none" || filter !== "none") return true;
  return escapes === "absolute" && position !== "static";
}

function clippedBy(element: Element, { overflowX, overflowY, display }: CSSStyleDeclaration, box: Box): Box {
  const [x, y] = [overflowX !== "visible", overflowY !== "visible"];
  if ((!x && !y) || display === "inline" || display === "contents" || !isHtml(element)) return box;
  const outer = element.getBoundingClientRect();
  const scale = element.offsetWidth === 0 ? 1 : outer.width / element.offsetWidth;
  return intersection(box, {
    left: x ? outer.left + element.clientLeft * scale : box.left,
    width: x ? element.clientWidth * scale : box.width,
    top: y ? outer.top + element.clientTop * scale : box.top,
    height: y ? element.clientHeight * scale : box.height,
  });
}

/** An element of the document around a frame is an instance of that document's class. */
const isHtml = (element: Element): element is HTMLElement => "offsetWidth" in element;

/** Whether `element`, or an element in it, is on top at a point of the viewport. */
export function isSeenAt(element: Element, x: number, y: number): boolean {
  const hit = elementAt(element, x, y);
  return hit !== null && surrounds(element, hit);
}

/** Whether nothing is over the text of `element` at a point, which may be beside the element's own box. */
export function isTextSeenAt(element: Element, x: number, y: number): boolean {
  const hit = elementAt(element, x, y);
  if (hit === null) return false;
  return surrounds(element, hit) || (surrounds(hit, element) && !isInsideBoxOf(element, x, y));
}

function isInsideBoxOf(element: Element, x: number, y: number): boolean {
  return [...element.getClientRects()].some(
    ({ left, right, top, bottom }) => x > left && x < right && y > top && y < bottom,
  );
}

/** Whether the page lets the user see the letters of `element`. Some pages lay a transparent field over text that they draw themselves. */
export function isOpaque(element: Element): boolean {
  return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}
