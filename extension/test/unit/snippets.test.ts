import { expect, test } from "vitest";
import { snippetSentence } from "../../src/snippet-problems.ts";
import {
  expand,
  isSnippets,
  matchAt,
  mergeSnippets,
  problemOf,
  type Snippet,
  withSnippet,
} from "../../src/snippets.ts";

const snippet = (trigger: string, text = `the phrase of ${trigger}`): Snippet => ({ trigger, text });
const found = (snippets: readonly Snippet[], before: string) => {
  const match = matchAt(snippets, before);
  return match && `${match.snippet.trigger} by ${match.typed}`;
};

test("a complete abbreviation is found at a word boundary, and nowhere else", () => {
  const snippets = [snippet(";addr"), snippet("btw")];
  for (const before of [";addr", "Home: ;addr", "Home:\n;addr", "(;addr", "“;addr"])
    expect(found(snippets, before)).toBe(";addr by ;addr");
  for (const before of ["Home;addr", ";addr ", ";;addr", ";addrs", ";ADDR", "a btwx", "abtw", ""])
    expect(found(snippets, before)).toBeNull();
  expect(found(snippets, "so btw")).toBe("btw by btw");
});

test("the beginning of an abbreviation is enough if it begins with a sign, has two characters, and is the only one", () => {
  const snippets = [snippet(";addr"), snippet(";addr2"), snippet(";mail"), snippet("btw")];
  expect(found(snippets, "x ;m")).toBe(";mail by ;m");
  expect(found(snippets, "x ;")).toBeNull();
  expect(found(snippets, "x ;ad")).toBeNull();
  expect(found(snippets, "x ;addr")).toBe(";addr by ;addr");
  expect(found(snippets, "x ;addr2")).toBe(";addr2 by ;addr2");
  expect(found(snippets, "x bt")).toBeNull();
});

test("date and time are written as the locale writes them, the clipboard is left for later", () => {
  const now = new Date(2026, 10, 29, 15, 4);
  const phrase = snippet(";d", "{date}, {time}: {clipboard} {1} {");
  expect(expand(phrase, now, "en-GB")).toBe("29 November 2026, 15:04: {clipboard} {1} {");
  expect(expand(phrase, now, "en-US")).toBe("November 29, 2026, 3:04 PM: {clipboard} {1} {");
});

test.each([
  [snippet(""), "Type an abbreviation."],
  [snippet(";a", " \n"), "Type a phrase."],
  [snippet("; a"), "An abbreviation must not contain spaces."],
  [snippet("x".repeat(33)), "An abbreviation has at most 32 characters."],
  [snippet(";a", "x".repeat(4001)), "A phrase has at most 4000 characters."],
  [snippet(";a", "x\u0000"), "The snippet contains an invisible control character. Remove it."],
  [snippet(";used"), "There is already a snippet with this abbreviation: ;used"],
  [
    snippet(";a", "On {date} at {place}"),
    "The variables are {date}, {time}, {clipboard}. This one is unknown: {place}",
  ],
])("a snippet that cannot be kept is refused with a sentence: %j", (one, sentence) => {
  const problem = problemOf(one, [snippet(";used")]);
  expect(problem && snippetSentence(problem)).toBe(sentence);
});

test("there is a largest number of snippets", () => {
  const many = Array.from({ length: 500 }, (_, index) => snippet(`;${index}`));
  expect(isSnippets(many)).toBe(true);
  expect(problemOf(snippet(";more"), many)).toEqual({ kind: "too_many" });
  expect(isSnippets([...many, snippet(";more")])).toBe(false);
});

test("a list from elsewhere is checked whole", () => {
  expect(isSnippets([snippet(";a"), snippet(";b")])).toBe(true);
  for (const value of [
    null,
    [null],
    [{ trigger: ";a" }],
    [{ ...snippet(";a"), more: 1 }],
    [snippet(";a"), snippet(";a")],
    [snippet(";a", "{x}")],
  ])
    expect(isSnippets(value)).toBe(false);
});

test("a changed snippet takes the place of the old one, also with a new abbreviation", () => {
  const snippets = [snippet(";a"), snippet(";c")];
  expect(withSnippet(snippets, snippet(";b", "new"), ";c")).toEqual([snippet(";a"), snippet(";b", "new")]);
});

test("two browsers keep what each has added, changed and deleted", () => {
  const base = [snippet(";a"), snippet(";b"), snippet(";c"), snippet(";d")];
  const here = [snippet(";a", "here"), snippet(";c"), snippet(";d"), snippet(";new", "here")];
  const there = [snippet(";a", "there"), snippet(";b"), snippet(";c", "there"), snippet(";other", "there")];
  expect(mergeSnippets(base, here, there)).toEqual([
    snippet(";a", "here"),
    snippet(";c", "there"),
    snippet(";new", "here"),
    snippet(";other", "there"),
  ]);
  // The first time, the account's phrases win, and nothing is lost.
  expect(mergeSnippets(null, [snippet(";a", "here"), snippet(";h")], [snippet(";a", "there")])).toEqual([
    snippet(";a", "there"),
    snippet(";h"),
  ]);
});
