import { expect, test } from "vitest";
import { boxesOf, fitting, type Lines, labelBoxes, readable, type Word } from "../../src/ghost/drawing/room.ts";

/** Each character is 10 pixels wide, each line 20 pixels high. */
const words = (text: string): Word[] => text.split(/( )/).map((one) => ({ text: one, width: one.length * 10 }));

const START = { left: 50, top: 0, width: 0, height: 16 };
const LINES: Lines = { start: START, left: 0, right: 200, lineHeight: 20, wraps: true, rightToLeft: false };
const CLIP = { left: 0, top: 0, width: 200, height: 100 };
const TEXT = "ck response, and more";

const free = () => true;
const read = (
  lines: Partial<Lines>,
  clip = CLIP,
  isFree: (box: { left: number; top: number; width: number }) => boolean = free,
) => TEXT.slice(0, readable(words(TEXT), { ...LINES, ...lines }, clip, isFree));

test("words follow the caret, and continue at the beginning of the next line", () => {
  const places = boxesOf(words(TEXT), LINES).map(({ left, top }) => [left, top]);
  expect(places).toEqual([
    [50, 0],
    [70, 0],
    [80, 0],
    [170, 0],
    [0, 20],
    [30, 20],
    [40, 20],
  ]);
});

test("in a line from right to left, words go to the left", () => {
  const lines = { ...LINES, start: { ...START, left: 150 }, rightToLeft: true };
  expect(boxesOf(words(TEXT), lines).map(({ left }) => left)).toEqual([130, 120, 30, 20, 170, 160, 120]);
});

test("everything can be read where everything fits", () => {
  expect(read({})).toBe(TEXT);
});

test("words that would be cut off at the edge or below it can't be read", () => {
  expect(read({ wraps: false })).toBe("ck response,");
  expect(read({ wraps: false }, { ...CLIP, width: 169 })).toBe("ck");
  expect(read({}, { ...CLIP, height: 20 })).toBe("ck response,");
  expect(read({ wraps: false }, { ...CLIP, width: 60 })).toBe("");
});

test("words stop before what they would cover, in their line and in the next one", () => {
  expect(read({}, CLIP, ({ top }) => top < 20)).toBe("ck response,");
  expect(read({}, CLIP, ({ left, width }) => left + width < 100)).toBe("ck");
  expect(read({}, CLIP, ({ left, width, top }) => top === 0 || left + width <= 30)).toBe("ck response, and");
});

test("a label goes under the line, or over it, and never out of the window", () => {
  const window = { left: 0, top: 0, width: 300, height: 100 };
  const size = { width: 100, height: 18 };
  const at = (left: number, top: number, rightToLeft = false) =>
    labelBoxes({ ...START, left, top }, size, window, rightToLeft).map((box) => [box.left, box.top]);
  expect(at(50, 40)).toEqual([
    [50, 58],
    [50, 20],
  ]);
  expect(at(50, 80)).toEqual([[50, 60]]);
  expect(at(50, 5)).toEqual([[50, 23]]);
  expect(at(280, 5)).toEqual([[198, 23]]);
  expect(at(280, 5, true)).toEqual([[180, 23]]);
  expect(at(50, 5, true)).toEqual([[2, 23]]);
});

test("a label that is too wide has only its first words", () => {
  expect(TEXT.slice(0, fitting(words(TEXT), 130))).toBe("ck response,");
  expect(fitting(words(TEXT), 500)).toBe(TEXT.length);
  expect(fitting(words(TEXT), 10)).toBe(0);
});
