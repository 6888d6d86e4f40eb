import { expect, test } from "vitest";
import { typedThrough, withoutOverlap } from "../../src/ghost/text/fit.ts";

const at = (before: string, after = "") => ({ before, after });

test.each([
  ["nothing typed since", "Hi th", "ere", "Hi th", 0],
  ["one letter of it typed", "Hi th", "ere", "Hi the", 1],
  ["all of it typed", "Hi th", "ere", "Hi there", 3],
  ["another letter typed", "Hi th", "ere", "Hi tha", null],
  ["more typed than there was", "Hi th", "ere", "Hi there!", null],
  ["a letter deleted", "Hi th", "ere", "Hi t", null],
  ["an empty suggestion still fits its own text", "Hi", "", "Hi", 0],
])("%s", (_, before, suggestion, now, typed) => {
  expect(typedThrough(at(before), suggestion, at(now))).toBe(typed);
});

test("if the window is full, typing pushes out its first characters", () => {
  expect(typedThrough(at("0123456789"), "abc", at("23456789ab"))).toBe(2);
});

test("a window that would begin inside a surrogate pair is shorter, and still the same text", () => {
  expect(typedThrough(at("😀23456789"), "abc", at("23456789a"))).toBe(1);
  expect(typedThrough(at("x123456789"), "abc", at("23456789a"))).toBeNull();
});

test("if the text after the caret has changed, the suggestion does not fit", () => {
  expect(typedThrough(at("Hi", "\nAnn"), " there", at("Hi", "\nBob"))).toBeNull();
});

test.each([
  [" to you", " you.", " to"],
  ["end.", ".", "end"],
  ["ck", "k", "ck"],
  [" response", "", " response"],
  ["same", "same", ""],
])("%j before %j repeats nothing: %j", (text, after, expected) => {
  expect(withoutOverlap(text, after)).toBe(expected);
});
