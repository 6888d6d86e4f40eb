import { HEADINGS } from "../browser/editors-md.ts";
import { Reasons, YES } from "../browser/editors-table.ts";
import type { Behaviour } from "./behaviour.ts";

const HEAD = `${HEADINGS.Behaviours}
This table shows how the extension behaves if a page moves a field, covers it, changes its text or uses the same keys. Each row is checked
in both browsers. The letter of a row is the first letter of its file in \`test/behaviours/rows/\`. To add a row, add an entry to one of these
files.
`;

/** The table of behaviours. A reason in `not` is checked too: a behaviour that passes must not have one. */
export function behavioursPart(behaviours: readonly Behaviour[]): string {
  const reasons = new Reasons();
  const cell = (reason: string | undefined) => (reason ? reasons.cell(reason) : YES);
  const rows = behaviours.map(
    ({ row, name, not = {} }) => `| ${row} | ${name} | ${cell(not.chromium)} | ${cell(not.firefox)} |`,
  );
  const table = ["| row | what the page does: what must happen | Chromium | Firefox |", "|---|---|---|---|", ...rows];
  return `${HEAD}\n${table.join("\n")}\n${reasons.notes}`;
}
