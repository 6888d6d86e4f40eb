import { HEADINGS } from "../browser/editors-md.ts";
import { NOT_MEASURED } from "../browser/editors-table.ts";
import type { Behaviour } from "./behaviour.ts";

const HEAD = `${HEADINGS.Behaviours}
What the extension does if a page moves a field, covers it, changes its text or uses the same keys. Each row is checked in both browsers.
The letter of a row is the first letter of its file in \`test/behaviours/rows/\`. To add a row, add an entry to one of these files.
`;

/** The table of behaviours. A reason in `not` is checked too: a behaviour that passes must not have one. */
export function behavioursPart(behaviours: readonly Behaviour[]): string {
  const reasons: string[] = [];
  const cell = (reason: string | undefined) => {
    if (!reason) return "yes";
    if (!reasons.includes(reason)) reasons.push(reason);
    return `${reason.startsWith(NOT_MEASURED) ? "–" : "no"} (${reasons.indexOf(reason) + 1})`;
  };
  const rows = behaviours.map(
    ({ row, name, not = {} }) => `| ${row} | ${name} | ${cell(not.chromium)} | ${cell(not.firefox)} |`,
  );
  const table = ["| row | what the page does: what must happen | Chromium | Firefox |", "|---|---|---|---|", ...rows];
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}\n`).join("");
  return `${HEAD}\n${table.join("\n")}\n${notes === "" ? "" : `\n${notes}`}`;
}
