/** The boxes of a text box's own text. Chromium gives them, Firefox doesn't. */

import { type Box, overlap } from "../placement.ts";

type TextBoxElement = HTMLTextAreaElement | HTMLInputElement;

interface OpaqueRange {
  getBoundingClientRect(): DOMRect;
  getClientRects(): Iterable<DOMRect>;
  disconnect?(): void;
}

/** The number of characters on each side of the caret whose boxes are compared with a label's. */
const NEAR = 1000;

/** The box of the text at the caret. Null if the browser does not give it. */
export function caretBoxIn(element: TextBoxElement, at: number): Box | null {
  // After a line break, Chromium 156 gives the box of the end of the line before it.
  if (at === 0 || element.value[at - 1] === "\n") return null;
  const box = measure(element, at, at, (range) => range.getBoundingClientRect());
  return box && box.height > 0 ? { left: box.left, top: box.top, width: 0, height: box.height } : null;
}

/** Whether text of `element` is inside `box`. Null if the browser does not say. */
export function hasTextIn(element: TextBoxElement, at: number, box: Box): boolean | null {
  const { value } = element;
  for (const [from, to] of [
    [Math.max(0, at - NEAR), at],
    [at, Math.min(value.length, at + NEAR)],
  ] as const) {
    const text = value.slice(from, to);
    const start = text.search(/\S/);
    if (start < 0) continue;
    const boxes = measure(element, from + start, from + text.trimEnd().length, (range) => [...range.getClientRects()]);
    if (!boxes) return null;
    if (boxes.some((one) => overlap(one, box))) return true;
  }
  return false;
}

function measure<Result>(
  element: TextBoxElement,
  from: number,
  to: number,
  read: (range: OpaqueRange) => Result,
): Result | null {
  const { createValueRange } = element as { createValueRange?: (start: number, end: number) => OpaqueRange };
  if (!createValueRange) return null;
  const range = createValueRange.call(element, from, to);
  const result = read(range);
  // Otherwise the browser would keep the range up to date while the user types.
  range.disconnect?.();
  return result;
}
