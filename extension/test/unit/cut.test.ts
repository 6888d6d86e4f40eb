import { expect, test } from "vitest";
import { firstOf, lastOf } from "../../src/ghost/text/cut.ts";

test.each([
  ["Hello", 10, "Hello", "Hello"],
  ["Hello", 2, "lo", "He"],
  ["Hello", 0, "", ""],
  ["", 3, "", ""],
  ["a😀b", 2, "b", "a"],
  ["a😀b", 3, "😀b", "a😀"],
  ["😀", 1, "", ""],
])("of %j, %i characters are %j at its end and %j at its beginning", (text, limit, last, first) => {
  expect(lastOf(text, limit)).toBe(last);
  expect(firstOf(text, limit)).toBe(first);
});

test("a single half of a surrogate pair stays as it is", () => {
  expect(lastOf("a\udc00b", 2)).toBe("\udc00b");
  expect(firstOf("a\ud800b", 2)).toBe("a\ud800");
});
