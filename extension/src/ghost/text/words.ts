/** The boundaries of words, in any script. */

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** Characters that join two words into one for a reader: e-mail, don't, and/or, example.org, snake_case. */
const JOINT = /^[-‐‑'’_./@&]$/u;

const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;

/**
 * The first word of `text` with the space and punctuation before it: what one press of Tab accepts. If `text` has no word, all of it.
 */
export function nextWord(text: string): string {
  const segments = [...segmenter.segment(text)];
  const first = segments.findIndex((segment) => segment.isWordLike);
  if (first < 0) return text;
  let last = first;
  while (JOINT.test(segments[last + 1]?.segment ?? "") && segments[last + 2]?.isWordLike) last += 2;
  const end = segments[last + 1]?.index ?? text.length;
  return text.slice(0, end);
}

/** Whether a caret before `after` is in front of the rest of a word. */
export function startsInsideWord(after: string): boolean {
  const [first] = after;
  return first !== undefined && WORD_CHARACTER.test(first);
}
