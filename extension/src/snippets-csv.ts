import Papa from "papaparse";
import { problemOf, type Snippet, type SnippetProblem, withSnippet } from "./snippets.ts";

/** Snippets as a CSV file: a line for each, with the columns `abbreviation` and `phrase`. Pure. */

const COLUMNS = ["abbreviation", "phrase"];

/** No file with the largest number of snippets is larger, in bytes. */
export const LARGEST_CSV = 10_000_000;

export type CsvReading =
  | { readonly kind: "snippets"; readonly snippets: readonly Snippet[] }
  | { readonly kind: "too_large" | "empty" | "columns" | "open_quote" }
  /** `line`: the number of the snippet in the file, counted from 1. */
  | { readonly kind: "problem"; readonly line: number; readonly problem: SnippetProblem };

export const csvOf = (snippets: readonly Snippet[]): string =>
  `${Papa.unparse([COLUMNS, ...snippets.map(({ trigger, text }) => [trigger, text])])}\r\n`;

/** Separators may also be semicolons or tabs, as spreadsheets write them in many countries. A first line with other names is a snippet. */
export function readCsv(content: string): CsvReading {
  if (content.length > LARGEST_CSV) return { kind: "too_large" };
  const { data, errors } = Papa.parse<string[]>(content, { skipEmptyLines: "greedy" });
  if (errors.some(({ type }) => type === "Quotes")) return { kind: "open_quote" };
  const rows = isHeader(data[0]) ? data.slice(1) : data;
  if (rows.length === 0) return { kind: "empty" };
  if (rows.some((row) => row.length !== COLUMNS.length)) return { kind: "columns" };
  const snippets: Snippet[] = [];
  for (const [index, [trigger = "", text = ""]] of rows.entries()) {
    const snippet = { trigger: trigger.trim(), text: text.replaceAll("\r\n", "\n") };
    const problem = problemOf(snippet, snippets);
    if (problem) return { kind: "problem", line: index + 1, problem };
    snippets.push(snippet);
  }
  return { kind: "snippets", snippets };
}

const isHeader = (row: readonly string[] | undefined): boolean =>
  row?.length === COLUMNS.length && row.every((name, index) => name.trim().toLowerCase() === COLUMNS[index]);

/** The list with the imported snippets. One with the same abbreviation is replaced. */
export const withImported = (now: readonly Snippet[], imported: readonly Snippet[]): readonly Snippet[] =>
  imported.reduce<readonly Snippet[]>((list, snippet) => withSnippet(list, snippet), now);
