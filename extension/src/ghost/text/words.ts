/** The boundaries of words, in any script. */

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** Characters that join two words into one for a reader: e-mail, don't, and/or, example.org, snake_case. */
const JOINT = /^[-‐‑'’_./@&]$/u;

const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;

/**
 * The first word of `text` with the space and punctuation before it: what one press of Tab accepts. If `text` has no word, all of it.
 */
export function nextWord(text: string): string {
  let end: number | null = null;
  let isJoined = false;
  // Only as far as needed: this is called several times at each key, and a suggestion may be long.
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike && (end === null || isJoined)) {
      end = index + segment.length;
      isJoined = false;
    } else if (end !== null) {
      if (isJoined || !JOINT.test(segment)) break;
      isJoined = true;
    }
  }
  return end === null ? text : text.slice(0, end);
}

/** Whether a caret before `after` is in front of the rest of a word. */
export function startsInsideWord(after: string): boolean {
  const [first] = after;
  return first !== undefined && WORD_CHARACTER.test(first);
}
