/** Text cut to a limit next to the caret. A character of two halves (an emoji) is never cut in two. */

/** At most the last `limit` characters. */
export function lastOf(text: string, limit: number): string {
  const start = Math.max(0, text.length - limit);
  return text.slice(isInsidePair(text, start) ? start + 1 : start);
}

/** At most the first `limit` characters. */
export function firstOf(text: string, limit: number): string {
  return text.slice(0, isInsidePair(text, limit) ? limit - 1 : limit);
}

/** Whether the two halves of one character stand on the two sides of `index`. */
export function isInsidePair(text: string, index: number): boolean {
  return index > 0 && index < text.length && (text.codePointAt(index - 1) ?? 0) > 0xffff;
}
