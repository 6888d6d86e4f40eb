import { expect, test } from "vitest";
import { firstOf, lastOf } from "../../src/ghost/text/cut.ts";
import { beginsWith, isSameText } from "../../src/ghost/text/same-text.ts";

const LIMIT = 40;
/** A text in which no part occurs twice. */
const LONG = Array.from({ length: 200 }, (_, index) => String.fromCharCode(0x4e00 + index)).join("");

/** The text around a caret, as a field reads it. */
const at = (text: string, caret: number) => ({
  before: lastOf(text.slice(0, caret), LIMIT),
  after: firstOf(text.slice(caret), LIMIT),
});
const begins = (text: string, start: string) => beginsWith(lastOf(text, LIMIT), lastOf(start, LIMIT), LIMIT);

test("a text begins with all its beginnings, whether they are cut or not", () => {
  for (const length of [10, LIMIT - 1, LIMIT, LIMIT + 1, 120])
    for (const more of [0, 1, 5, 19]) expect(begins(LONG.slice(0, length + more), LONG.slice(0, length))).toBe(true);
});

test("a text does not begin with a longer or another one", () => {
  for (const length of [10, LIMIT, 120]) {
    expect(begins(LONG.slice(0, length), LONG.slice(0, length + 1))).toBe(false);
    expect(begins(`${LONG.slice(0, length)}!!`, `${LONG.slice(0, length)}?`)).toBe(false);
  }
});

test("a short text begins with another one only if it is equal from the first letter on", () => {
  expect(begins("hello", "hello hello")).toBe(false);
});

test("if more than half of a cut text is new, its beginning is unknown", () => {
  expect(begins(LONG.slice(0, 120), LONG.slice(0, 120 - LIMIT / 2 - 1))).toBe(false);
});

test("a pair of surrogates at the cut changes nothing", () => {
  const text = LONG.slice(0, 80) + "😀".repeat(3) + LONG.slice(80, 130);
  for (let end = 110; end < 130; end++) expect(begins(text.slice(0, end + 2), text.slice(0, end))).toBe(true);
});

test("a caret that moves leaves the text as it is, at each place and in both directions", () => {
  for (const length of [30, 70, 200])
    for (let caret = 0; caret <= length; caret += 5) {
      const text = LONG.slice(0, length);
      const moved = Math.min(length, caret + 4);
      expect(isSameText(at(text, caret), at(text, moved), LIMIT)).toBe(true);
      expect(isSameText(at(text, moved), at(text, caret), LIMIT)).toBe(true);
    }
});

test("a typed or deleted letter changes the text, at each place", () => {
  for (const length of [30, 70, 200])
    for (let caret = 1; caret <= length; caret += 5) {
      const text = LONG.slice(0, length);
      const then = at(text, caret);
      expect(isSameText(then, at(`${text.slice(0, caret)}x${text.slice(caret)}`, caret + 1), LIMIT)).toBe(false);
      expect(isSameText(then, at(text.slice(0, caret - 1) + text.slice(caret), caret - 1), LIMIT)).toBe(false);
    }
});
