/** Text cut to a limit on one side of the caret. A surrogate pair (an emoji, for example) is never cut in two. */

/** At most the last `limit` characters. */
export function lastOf(text: string, limit: number): string {
  const start = Math.max(0, text.length - limit);
  return text.slice(isInsidePair(text, start) ? start + 1 : start);
}

/** At most the first `limit` characters. */
export function firstOf(text: string, limit: number): string {
  return text.slice(0, isInsidePair(text, limit) ? limit - 1 : limit);
}

/** Whether `index` is between the two halves of a surrogate pair. */
export function isInsidePair(text: string, index: number): boolean {
  return index > 0 && index < text.length && (text.codePointAt(index - 1) ?? 0) > 0xffff;
}
