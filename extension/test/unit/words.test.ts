import { expect, test } from "vitest";
import { nextWord, startsInsideWord } from "../../src/ghost/text/words.ts";

test.each([
  ["ck response, and", "ck"],
  [" response, and", " response"],
  [", and see", ", and"],
  ["ards,\nTom", "ards"],
  [" don’t worry", " don’t"],
  [" e-mail me", " e-mail"],
  [" and/or", " and/or"],
  [" 3.14 is", " 3.14"],
  [" (see below)", " (see"],
  [" über alles", " über"],
  [" привет мир", " привет"],
  [" نعم بالطبع", " نعم"],
  ["?", "?"],
  [" 🎉 hooray", " 🎉 hooray"],
  ["🎉", "🎉"],
  ["  ", "  "],
  ["", ""],
])("the next word of %j is %j", (text, word) => {
  expect(nextWord(text)).toBe(word);
});

test("words of a script without spaces are accepted one by one", () => {
  const word = nextWord("今日は天気がいい");
  expect(word.length).toBeGreaterThan(0);
  expect(word.length).toBeLessThan(8);
});

test("accepting word after word accepts the whole text", () => {
  const text = "ck response, and — if you’re free — see you at 9:30! 🎉";
  let rest = text;
  let taken = "";
  while (rest !== "") {
    const word = nextWord(rest);
    taken += word;
    rest = rest.slice(word.length);
  }
  expect(taken).toBe(text);
});

test.each([
  ["ponse", true],
  ["é", true],
  ["7", true],
  [" response", false],
  [".", false],
  ["", false],
])("a caret before %j is inside a word: %j", (after, inside) => {
  expect(startsInsideWord(after)).toBe(inside);
});
