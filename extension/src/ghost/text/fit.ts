/** Whether a suggestion still fits the text that is in the field now. */

import { isInsidePair } from "./cut.ts";

/** The text on both sides of the caret, each cut to the same limit. */
export interface Surroundings {
  readonly before: string;
  readonly after: string;
}

/**
 * The number of characters of `suggestion` that the user has typed since it was made for `then`. Null if the text or the caret has changed
 * in another way. Both texts are windows that end at the caret: if the window is full, each typed character pushes out the first one.
 */
export function typedThrough(then: Surroundings, suggestion: string, now: Surroundings): number | null {
  if (now.after !== then.after) return null;
  for (let typed = 0; typed <= suggestion.length; typed++) {
    if (endsAs(then.before + suggestion.slice(0, typed), now.before, then.before.length)) return typed;
  }
  return null;
}

function endsAs(expected: string, window: string, shortest: number): boolean {
  if (!expected.endsWith(window)) return false;
  const whole = window.length === expected.length;
  // A window never begins inside a surrogate pair: it then begins after the pair, and is one character shorter.
  const start = expected.length - window.length;
  const full = isInsidePair(expected, start - 1) ? window.length + 1 : window.length;
  return whole || full >= shortest;
}

/** `text` without an end that already follows the caret. A part of a word that happens to be equal does not count. */
export function withoutOverlap(text: string, after: string): string {
  const longest = Math.min(text.length, after.length);
  for (let length = longest; length > 0; length--) {
    const start = text.length - length;
    if (after.startsWith(text.slice(start)) && atWordEdge(text, start)) return text.slice(0, start);
  }
  return text;
}

function atWordEdge(text: string, index: number): boolean {
  return index === 0 || !/\p{L}\p{L}|\p{N}\p{N}/u.test(text.slice(index - 1, index + 1));
}
