import { findElement } from "../src/ui/find-element.ts";

/**
 * Changes the element's text node, and does not replace it: Chromium ends an undo step of the field when any node of the page is removed
 * (findings/undo-steps-end-at-removals.sh), and the figures change at each key.
 */
export function writeIn(element: Element, text: string): void {
  if (element.textContent === text) return;
  const { firstChild } = element;
  if (firstChild instanceof Text && element.childNodes.length === 1) firstChild.data = text;
  else element.textContent = text;
}

export const write = (selector: string, text: string): void => writeIn(findElement(selector, Element), text);
