/** Which words of ghost text have room, and where. Arithmetic only: measuring drawn words would force a layout at each key. */

import { type Box, intersection } from "../placement.ts";

/** A word, or the space between two words, and its width in pixels of the viewport. */
export interface Word {
  readonly text: string;
  readonly width: number;
}

/** The lines that ghost text is set into, in pixels of the viewport. */
export interface Lines {
  /** Where ghost text begins. */
  readonly start: Box;
  /** The edges between which lines are set. */
  readonly left: number;
  readonly right: number;
  readonly lineHeight: number;
  readonly wraps: boolean;
  readonly rightToLeft: boolean;
}

/** The part of a line's height, at its top and at its bottom, that may be cut off while the line can still be read. */
const SPARE = 0.25;
/** Pixels that measured and calculated places may differ by. */
const ROUNDING = 0.5;

const isSpace = ({ text }: Word): boolean => text.trim() === "";

/** The boxes of `words`, as the browser sets them into lines. */
export function boxesOf(words: readonly Word[], lines: Lines): Box[] {
  const { start, left, right, lineHeight, wraps, rightToLeft } = lines;
  let at = rightToLeft ? right - start.left : start.left - left;
  let row = 0;
  return words.map((word) => {
    const { width } = word;
    if (wraps && !isSpace(word) && at + width > right - left + ROUNDING && (row === 0 || at > 0)) {
      row += 1;
      at = 0;
    }
    const box = {
      left: rightToLeft ? right - at - width : left + at,
      top: start.top + row * lineHeight,
      width,
      height: start.height,
    };
    at += width;
    return box;
  });
}

/** The number of characters at the beginning of ghost text that can be read: whole words, inside `clip`, that cover nothing. */
export function readable(words: readonly Word[], lines: Lines, clip: Box, isFree: (box: Box) => boolean): number {
  const boxes = boxesOf(words, lines);
  const inside = words.findIndex((word, index) => !isSpace(word) && !isReadable(boxes[index] as Box, clip));
  const fitting = inside < 0 ? words.length : inside;
  const rows = rowsOf(words.slice(0, fitting), boxes);
  // Usually all of it is free, so the browser is asked about each line first, and only then about each word.
  const isFreeWord = (index: number) => isSpace(words[index] as Word) || isFree(boxes[index] as Box);
  let end = 0;
  for (const { from, to, box } of rows) {
    if (!isFree(box)) {
      end = from;
      while (end < to && isFreeWord(end)) end += 1;
      break;
    }
    end = to;
  }
  if (end === words.length) return lengthOf(words);
  while (end > 0 && isSpace(words[end - 1] as Word)) end -= 1;
  return lengthOf(words.slice(0, end));
}

/** Whether a word in `box` can be read, if nothing is drawn outside of `clip`. */
export function isReadable(box: Box, clip: Box): boolean {
  const [left, right] = [clip.left - ROUNDING, clip.left + clip.width + ROUNDING];
  if (box.left < left || box.left + box.width > right) return false;
  return (
    intersection({ ...box, width: 1, left: clip.left }, { ...clip, width: 1 }).height >= box.height * (1 - SPARE * 2)
  );
}

interface Row {
  readonly from: number;
  readonly to: number;
  readonly box: Box;
}

/** The lines of `words`: their first and last word, and the box around them. */
function rowsOf(words: readonly Word[], boxes: readonly Box[]): Row[] {
  const rows: Row[] = [];
  words.forEach((word, index) => {
    const box = boxes[index] as Box;
    const last = rows.at(-1);
    if (last && (isSpace(word) || last.box.top === box.top))
      rows[rows.length - 1] = { ...last, to: index + 1, box: isSpace(word) ? last.box : around(last.box, box) };
    else rows.push({ from: index, to: index + 1, box });
  });
  return rows;
}

function around(a: Box, b: Box): Box {
  const left = Math.min(a.left, b.left);
  return { ...a, left, width: Math.max(a.left + a.width, b.left + b.width) - left };
}

/** The distance of a label from its line and from the edges of the window. */
const GAP = 2;

/** The boxes that a label of this size may have at `start`: under the line, or over it. */
export function labelBoxes(
  start: Box,
  size: { width: number; height: number },
  window: Box,
  rightToLeft: boolean,
): Box[] {
  const wanted = rightToLeft ? start.left - size.width : start.left;
  const left = Math.max(window.left + GAP, Math.min(wanted, window.left + window.width - size.width - GAP));
  const tops = [start.top + start.height + GAP, start.top - GAP - size.height];
  return tops
    .filter((top) => top >= window.top && top + size.height <= window.top + window.height)
    .map((top) => ({ left, top, ...size }));
}

/** The number of characters at the beginning of `words` that fit into `width`, as whole words. */
export function fitting(words: readonly Word[], width: number): number {
  let [length, end, used] = [0, 0, 0];
  for (const word of words) {
    used += word.width;
    length += word.text.length;
    if (used > width) return end;
    if (!isSpace(word)) end = length;
  }
  return length;
}

/** The words in the first `length` characters. */
export function wordsOf<Drawn extends Word>(words: readonly Drawn[], length: number): readonly Drawn[] {
  let left = length;
  return words.filter(({ text }) => {
    left -= text.length;
    return left >= 0;
  });
}

const lengthOf = (words: readonly Word[]): number => words.reduce((sum, { text }) => sum + text.length, 0);
