import { readFileSync, writeFileSync } from "node:fs";
import { EDITORS, type Editor } from "./editors.ts";

/** The tables of EDITORS.md, one for each browser: what each editor was found to do. */

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

/** Why an editor can't do what a column says, or why that was not measured, which is how the reason begins then. */
export type ReasonOf = (editor: Editor, column: Column) => string | undefined;
export const NOT_MEASURED = "Not measured: ";

export type Browser = "Chromium" | "Firefox";

const EDITORS_MD = new URL("../../EDITORS.md", import.meta.url);
const FIREFOX = "\n## In Firefox\n";

const IN_CHROMIUM = `# The editors

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

Code editors (CodeMirror, Monaco) are off until they are switched on; their rows are with the switch on.

\`npm run test:random\` goes a thousand steps without a plan in each: keys, clicks, pastes, undos, accepts, dismissals. \`FORETYPE_SEED\`
names other ones; sixty are in the tests. What stands in the field afterwards is what was done, and no ghost is left behind.
`;

const IN_FIREFOX = `${FIREFOX}
What the same tests found in Firefox ESR. There is no column for input methods: what drives Firefox has none.
`;

/** A browser's part of EDITORS.md as it is. */
export function keptPart(browser: Browser): string {
  const kept = readFileSync(EDITORS_MD, "utf8");
  const at = kept.includes(FIREFOX) ? kept.indexOf(FIREFOX) : kept.length;
  return browser === "Firefox" ? kept.slice(at) : kept.slice(0, at);
}

/** Puts it in place of what is there. */
export function keepPart(browser: Browser, part: string): void {
  const parts = browser === "Firefox" ? [keptPart("Chromium"), part] : [part, keptPart("Firefox")];
  writeFileSync(EDITORS_MD, parts.join(""));
}

/** A browser's part as it has to be, by what was found. */
export function partOf(browser: Browser, found: Found, columns: readonly Column[], reasonOf: ReasonOf): string {
  const reasons: string[] = [];
  const note = (reason: string) => {
    if (!reasons.includes(reason)) reasons.push(reason);
    return reasons.indexOf(reason) + 1;
  };
  const rows = EDITORS.map((editor) => {
    const failed = found.get(editor.name) ?? [];
    const cells = columns.map((column) => {
      if (!failed.includes(column)) return "yes";
      const reason = reasonOf(editor, column) ?? "No reason is known.";
      return `${reason.startsWith(NOT_MEASURED) ? "–" : "no"} (${note(reason)})`;
    });
    return `| ${[titleOf(editor), ...cells].join(" | ")} |`;
  });
  const titles = ["editor", ...columns.map((column) => COLUMNS[column])];
  const table = [`| ${titles.join(" | ")} |`, `|${titles.map(() => "---").join("|")}|`, ...rows].join("\n");
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`).join("\n");
  const head = browser === "Firefox" ? IN_FIREFOX : IN_CHROMIUM;
  return `${head}\n${table}\n${notes === "" ? "" : `\n${notes}\n`}`;
}

function titleOf({ name, packageName }: Editor): string {
  if (!packageName) return name;
  const file = new URL(`../../node_modules/${packageName}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return `${name} ${version}`;
}
