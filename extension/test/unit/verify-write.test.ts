import { expect, test } from "vitest";
import { insertedPart } from "../../src/ghost/fields/verify-write.ts";

const at = (before: string, after = "") => ({ before, after });

test.each([
  ["as it was inserted", "Hi th", "ere", "Hi there"],
  ["with a typographic quote", "I don", "'t know", "I don’t know"],
  ["with all quotes changed", "It's what I don", "'t", "It’s what I don’t"],
  ["in capitals", "THANKS FOR THE QUI", "ck response", "THANKS FOR THE QUICK RESPONSE"],
  ["without accents", "au rev", "oir, chéri", "au revoir, cheri"],
  ["with a dash in place of two hyphens", "yes", " -- no", "yes – no"],
  ["with separators", "12-3", "456", "12-34-56"],
  ["without the space at its end", "Hi th", "ere ", "Hi there"],
])("text that the page took over %s is inserted", (_, before, text, found) => {
  expect(insertedPart(at(before), text, at(found))).toBe("all");
});

test("a page may move the caret while it changes the text", () => {
  expect(insertedPart(at("I don", " much"), "'t know", at("I don’t know much"))).toBe("all");
});

test("of text that the page has cut, a part is inserted", () => {
  expect(insertedPart(at("Thanks for the qui"), "ck response", at("THANKS FOR THE QUICK"))).toBe("part");
  expect(insertedPart(at("Hi th", " again"), "ere", at("Hi there", " ag"))).toBe("part");
});

test("if nothing has changed, nothing is inserted", () => {
  expect(insertedPart(at("Hi th"), "ere", at("Hi th"))).toBe("none");
});

test.each([
  ["twice", "Hi thereere"],
  ["elsewhere", "ereHi th"],
  ["with another word", "Hi there, Bob"],
  ["in place of the text", "ere"],
  ["and nothing is left", ""],
])("text that was inserted %s is not what was meant", (_, found) => {
  expect(insertedPart(at("Hi th"), "ere", at(found))).toBe("other");
});

test("of long texts only the ends are compared", () => {
  const long = "a long text with many words ".repeat(10).slice(-40);
  const cut = (text: string) => at(text.slice(-40));
  expect(insertedPart(cut(`${long}Hi th`), "ere", cut(`${long}HI THERE`), 40)).toBe("all");
  expect(insertedPart(cut(`${long}Hi th`), "ere", cut(`${long}Hi thereere`), 40)).toBe("other");
});
