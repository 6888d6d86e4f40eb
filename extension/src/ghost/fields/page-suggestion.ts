/**
 * Text that the page itself suggests after the caret, such as Gmail's Smart Compose. It is drawn there, but it is not part of the field's
 * text.
 */

import type { Box } from "../placement.ts";
import { parentOf } from "./ancestors.ts";
import { type Caret, isBlock } from "./editable-text.ts";

/** In pixels: how far from the caret such text begins at most. */
const NEAR = 8;
/** An overlay is near the field or near one of so many ancestors, */
const LEVELS = 4;
/** at most so many elements before or after. */
const NEIGHBOURS = 6;

/** The element after the caret of a rich editor that holds such text. Null if there is none. */
export function suggestionElementAt(root: Element, caret: Caret): HTMLElement | null {
  const next = nodeAfter(root, caret);
  if (!(next instanceof HTMLElement) || isBlank(next.textContent)) return null;
  return isInert(next) && isPale(next) ? next : null;
}

/** Whether the page draws a suggestion at the caret, whose box is `caretBox`, inside or outside of the editor. */
export function hasSuggestionAt(root: HTMLElement, caret: Caret, caretBox: Box): boolean {
  return suggestionElementAt(root, caret) !== null || hasGeneratedText(root, caret) || hasOverlayAt(root, caretBox);
}

/** Whether an element around a text box repeats its text and continues it, as pages do that draw a suggestion in an overlay. */
export function isContinuedAround(element: HTMLInputElement | HTMLTextAreaElement): boolean {
  const { value } = element;
  if (isBlank(value)) return false;
  const begun = value.slice(0, element.selectionStart ?? value.length);
  return someOver(element, (other) => {
    const text = (other.textContent ?? "").replaceAll("\u00a0", " ").trimEnd();
    return text.length > value.trimEnd().length && text.startsWith(begun);
  });
}

/** The next node in the caret's line that may hold text. */
function nodeAfter(root: Element, { node, offset }: Caret): Node | null {
  if (node instanceof Text && !isBlank(node.data.slice(offset))) return null;
  let next = node instanceof Text ? following(root, node) : (node.childNodes[offset] ?? following(root, node));
  while (next && isNothing(root, next)) next = following(root, next);
  return next;
}

/** Whether a node draws nothing: a blank text, or the line break at the end of a block. */
function isNothing(root: Element, node: Node): boolean {
  if (node instanceof Text) return isBlank(node.data);
  return node instanceof HTMLBRElement && following(root, node) === null;
}

/** The node after `node` and all that it contains, in the same block. */
function following(root: Element, node: Node): Node | null {
  for (let inner: Node | null = node; inner && inner !== root; inner = inner.parentNode) {
    if (inner.nextSibling) return inner.nextSibling;
    if (inner.parentNode instanceof Element && isBlock(inner.parentNode)) return null;
  }
  return null;
}

/** No text, or only characters of no width that editors put at the caret. */
const isBlank = (text: string | null): boolean => !/[^\s\p{Cf}]/u.test(text ?? "");

function isInert(element: HTMLElement): boolean {
  return (
    !element.isContentEditable ||
    element.getAttribute("aria-hidden") === "true" ||
    getComputedStyle(element).userSelect === "none"
  );
}

/** Whether text looks different from the text before it, but is no chip with a background of its own. */
function isPale(element: HTMLElement): boolean {
  const style = getComputedStyle(innermost(element));
  const around = element.parentElement && getComputedStyle(element.parentElement);
  const isPlain = /^(transparent|rgba\(.*, 0\))$/.test(getComputedStyle(element).backgroundColor);
  return isPlain && (style.color !== around?.color || Number(getComputedStyle(element).opacity) < 1);
}

/** The element in which the first text stands. */
function innermost(element: HTMLElement): HTMLElement {
  const child = element.firstElementChild;
  const isWhole = child instanceof HTMLElement && child.textContent === element.textContent;
  return isWhole ? innermost(child) : element;
}

/** Whether a style sheet adds text at the caret, as in `.line::after { content: attr(data-suggestion) }`. */
function hasGeneratedText(root: Element, caret: Caret): boolean {
  const next = nodeAfter(root, caret);
  if (next instanceof HTMLElement)
    return generates(next, "::before") || (isBlank(next.textContent) && generates(next, "::after"));
  if (next) return false;
  for (let node: Node | null = caret.node; node; node = node.parentNode) {
    if (node instanceof HTMLElement && generates(node, "::after")) return true;
    if (node === root || (node instanceof Element && isBlock(node))) return false;
  }
  return false;
}

/** Whether a pseudo-element draws words. Not every browser replaces `attr()` in the computed value. */
function generates(element: HTMLElement, part: "::before" | "::after"): boolean {
  const { content } = getComputedStyle(element, part);
  const strings = content.replaceAll(/attr\(([\w-]+)\)/g, (_, name) => `"${element.getAttribute(name) ?? ""}"`);
  return /^"/.test(strings) && /\p{L}{2}/u.test(strings);
}

/** Whether text of an element that lies over the page begins at the caret. */
function hasOverlayAt(root: HTMLElement, caret: Box): boolean {
  const [x, y] = [caret.left + caret.width, caret.top + caret.height / 2];
  return someOver(root, (other) => {
    if (!/^(absolute|fixed)$/.test(getComputedStyle(other).position)) return false;
    const range = document.createRange();
    range.selectNodeContents(other);
    return [...range.getClientRects()].some(
      ({ left, top, bottom }) => Math.abs(left - x) <= NEAR && top <= y && y <= bottom,
    );
  });
}

/** Whether `found` holds for an element with text that lies over `element`: a neighbour of it or of an ancestor, or a late child of the body. */
function someOver(element: HTMLElement, found: (other: HTMLElement) => boolean): boolean {
  const box = element.getBoundingClientRect();
  const isFound = (other: Element) => {
    const drawn = firstDrawn(other);
    return (
      drawn instanceof HTMLElement &&
      !drawn.contains(element) &&
      touches(drawn.getBoundingClientRect(), box) &&
      !isBlank(drawn.textContent) &&
      found(drawn)
    );
  };
  let inner: Element | null = element;
  for (let level = 0; inner && level < LEVELS; level++) {
    if (neighbours(inner).some(isFound)) return true;
    inner = parentOf(inner);
  }
  const last = document.body.lastElementChild;
  return last !== null && [last, ...neighbours(last)].some(isFound);
}

/** A portal is often an element of no height around the one that is drawn. */
function firstDrawn(element: Element): Element {
  const child = element.firstElementChild;
  return child && element.getBoundingClientRect().height === 0 ? firstDrawn(child) : element;
}

function neighbours(element: Element): Element[] {
  const found: Element[] = [];
  let [before, after] = [element.previousElementSibling, element.nextElementSibling];
  for (let count = 0; count < NEIGHBOURS; count++) {
    if (before) found.push(before);
    if (after) found.push(after);
    [before, after] = [before?.previousElementSibling ?? null, after?.nextElementSibling ?? null];
  }
  return found;
}

const touches = (one: DOMRect, other: DOMRect): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
