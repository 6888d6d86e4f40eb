import { readFileSync } from "node:fs";
import { EDITORS, type Editor } from "./editors.ts";

/** The table of EDITORS.md: what each editor was found to do. */

export const COLUMNS = {
  ghost: "ghost shown",
  place: "within 1 px",
  words: "Tab ×3",
  all: "→ all",
  through: "typing through",
  undo: "undo",
  redo: "redo",
  ime: "IME",
  middle: "mid-line caret",
  escape: "Esc",
} as const;

export type Column = keyof typeof COLUMNS;

/** Of each editor, by its name: which columns it failed. */
export type Found = ReadonlyMap<string, readonly Column[]>;

const HEAD = `# The editors

What the extension does in each kind of field. The table is written by the browser tests, from what they found in Chromium with
a scripted server: \`npm run editors\` writes it anew, and the tests fail where it says something else than they find.

- **ghost shown**: it comes after what was typed, and goes with the focus.
- **within 1 px**: each edge of the ghost's box against that of the accepted text.
- **Tab ×3**: three Tabs, as fast as keys can come, take three words; the rest stays on the screen.
- **→ all**: takes all of it.
- **typing through**: for each letter typed as suggested, what is left does not move, come or go, with no answer from the server.
- **undo**: after two Tabs, Ctrl-Z twice gives the exact text before each. **redo** brings it again.
- **IME**: while an input method composes nothing is shown or taken; after it the ghost is back.
- **mid-line caret**: with text after the caret, a label under it; Tab takes its word.
- **Esc**: the ghost goes, the text stays, and this spot stays quiet.

Code editors (CodeMirror, Monaco) are off until they are switched on; their rows are with the switch on. Monaco is helped where it types
through the browser's EditContext, as in Chromium; elsewhere (Firefox) it is left alone.

\`npm run test:random\` goes a thousand steps without a plan in each: keys, clicks, pastes, undos, accepts, dismissals. \`FORETYPE_SEED\`
names other ones; sixty are in the tests. What stands in the field afterwards is what was done, and no ghost is left behind.
`;

export function tableOf(found: Found): string {
  const reasons: string[] = [];
  const note = (reason: string) => {
    if (!reasons.includes(reason)) reasons.push(reason);
    return reasons.indexOf(reason) + 1;
  };
  const rows = EDITORS.map((editor) => {
    const failed = found.get(editor.name) ?? [];
    const cells = (Object.keys(COLUMNS) as Column[]).map((column) => {
      if (!failed.includes(column)) return "yes";
      return `no (${note(editor.limits?.[column] ?? "no reason is known")})`;
    });
    return `| ${[titleOf(editor), ...cells].join(" | ")} |`;
  });
  const titles = ["editor", ...Object.values(COLUMNS)];
  const table = [`| ${titles.join(" | ")} |`, `|${titles.map(() => "---").join("|")}|`, ...rows].join("\n");
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`).join("\n");
  return `${HEAD}\n${table}\n${notes === "" ? "" : `\n${notes}\n`}`;
}

function titleOf({ name, packageName }: Editor): string {
  if (!packageName) return name;
  const file = new URL(`../../node_modules/${packageName}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return `${name} ${version}`;
}
