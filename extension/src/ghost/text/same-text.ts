/** Compares texts of which only the characters around the caret are known, because each was cut to the same limit. */

import { lastOf } from "./cut.ts";
import type { Surroundings } from "./fit.ts";

/** Whether a text of this length was cut. A cut that would be inside a surrogate pair leaves one character less. */
const isCut = ({ length }: string, limit: number): boolean => length >= limit - 1;

/**
 * Whether a text that ends at the caret begins with `start`. If the text was cut, its beginning is unknown: then the end of `start` must be
 * in its second half, so that at least half of it is compared.
 */
export function beginsWith(text: string, start: string, limit: number): boolean {
  if (!isCut(text, limit)) return text.startsWith(start);
  for (let length = text.length; length >= text.length / 2; length--)
    if (start.endsWith(text.slice(0, length))) return true;
  return false;
}

/** Whether a field has the same text as before, with the caret in the same place or in another one not far from it. */
export function isSameText(then: Surroundings, now: Surroundings, limit: number): boolean {
  return isMovedOn(then, now, limit) || isMovedOn(now, then, limit);
}

/** Whether `to` is the text of `from` after the caret has moved on in it, or has not moved. */
function isMovedOn(from: Surroundings, to: Surroundings, limit: number): boolean {
  for (let moved = 0; moved <= from.after.length; moved++) {
    const isBefore = lastOf(from.before + from.after.slice(0, moved), limit) === to.before;
    if (isBefore && isContinuedBy(from.after.slice(moved), to.after, isCut(from.after, limit))) return true;
  }
  return false;
}

/** If the first text was cut, more of it may be known now. */
const isContinuedBy = (text: string, now: string, wasCut: boolean): boolean =>
  wasCut ? now.startsWith(text) : now === text;
