import { expect, test } from "vitest";
import { csvOf, readCsv, withImported } from "../../src/snippets-csv.ts";

const SNIPPETS = [
  { trigger: ";addr", text: '12 "High" Street,\nLeeds' },
  { trigger: ";sum", text: "=1+1; a\ttab" },
];

test("exported snippets are read back as they were", () => {
  expect(readCsv(csvOf(SNIPPETS))).toEqual({ kind: "snippets", snippets: SNIPPETS });
});

test("semicolons, tabs and a byte order mark are read, with and without a first line of names", () => {
  const snippets = [
    { trigger: "brb", text: "be right back" },
    { trigger: ";x", text: "line one\nline two" },
  ];
  for (const content of [
    'abbreviation;phrase\r\nbrb;be right back\r\n";x";"line one\r\nline two"\r\n',
    '\ufeffAbbreviation\tPhrase\nbrb\tbe right back\n;x\t"line one\nline two"\n',
    'brb,be right back\n\n;x,"line one\nline two"',
  ])
    expect(readCsv(content)).toEqual({ kind: "snippets", snippets });
});

test.each([
  ["", { kind: "empty" }],
  ["abbreviation,phrase\n", { kind: "empty" }],
  ["a,b,c\n", { kind: "columns" }],
  ['a,"b\n', { kind: "open_quote" }],
  ["x".repeat(10_000_001), { kind: "too_large" }],
  ["a,b\na,c\n", { kind: "problem", line: 2, problem: { kind: "duplicate", name: "a" } }],
  ["a,{x}\n", { kind: "problem", line: 1, problem: { kind: "unknown_variable", name: "x" } }],
])("a file that cannot be used is refused whole: %.20s", (content, reading) => {
  expect(readCsv(content)).toEqual(reading);
});

test("an imported snippet replaces the one with the same abbreviation", () => {
  const now = [
    { trigger: ";addr", text: "old" },
    { trigger: ";other", text: "stays" },
  ];
  expect(withImported(now, SNIPPETS).map(({ text }) => text)).toEqual([SNIPPETS[0]?.text, "stays", SNIPPETS[1]?.text]);
});
