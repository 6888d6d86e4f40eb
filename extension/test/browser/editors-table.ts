import { readFileSync } from "node:fs";
import { EDITOR_PAGES, type EditorPage } from "./editor-pages.ts";
import { HEADINGS } from "./editors-md.ts";

/** The tables of EDITORS.md, one for each browser: the checks that each editor passed. */

export const COLUMNS = {
  ghost: "suggestion shown",
  box: "within 1 px",
  words: "Tab ×3",
  all: "→ all",
  through: "typing along",
  undo: "undo",
  redo: "redo",
  ime: "IME",
  middle: "mid-line caret",
  escape: "Esc",
} as const;

export type Column = keyof typeof COLUMNS;

/** The columns that each editor failed, by its name. */
export type Found = ReadonlyMap<string, readonly Column[]>;

/** The reason why an editor fails a column. If the column was not measured, the reason begins with `NOT_MEASURED`. */
export type ReasonOf = (editor: EditorPage, column: Column) => string | undefined;
export const NOT_MEASURED = "Not measured: ";

export type Browser = "Chromium" | "Firefox";

const IN_CHROMIUM = `# The editors

This page shows how well the extension works in each kind of field. The browser tests check every row in Chromium with a scripted server.
\`npm run editors\` writes this file, and the tests fail if it differs from their results.

- **suggestion shown**: the suggestion appears in grey after the typed text, and disappears when the field loses the focus.
- **within 1 px**: each edge of the suggestion's box is at most 1 pixel from the same edge of the accepted text.
- **Tab ×3**: three quick presses of Tab accept three words. The rest of the suggestion stays on the screen.
- **→ all**: the right arrow accepts the whole suggestion.
- **typing along**: while the user types the suggested text, the rest of it does not move or flicker, even without a new answer from the
  server.
- **undo**: after two presses of Tab, each Ctrl-Z restores the exact text before one of them. **redo** inserts the word again. Squire
  is recognised by its class in the window, or when it first stores its text, which it does at a space or a deletion. If a page bundles Squire,
  Ctrl-Z also removes the letters before the accepted word until the first space or deletion in the field.
- **IME**: during a composition no suggestion is shown or accepted. After it, the suggestion is shown again.
- **mid-line caret**: if text follows the caret, the suggestion is a label under the line. Tab accepts its first word.
- **Esc**: the suggestion disappears, the text does not change, and no suggestion appears again at this place.

Code editors (CodeMirror, Monaco) are off until the user turns them on. The tests turn them on.

\`npm run test:random\` does a thousand random steps in each field: it presses keys, clicks, pastes, undoes, accepts and dismisses. At the
end, it checks that the field contains exactly the expected text, and that no suggestion is left on the page. \`FORETYPE_SEED\` chooses
another random sequence. \`npm run test:browser\` does thirty steps, and \`npm run test:firefox\` ten in Firefox.

To add an editor, add a file in \`src/ghost/fields/editors/\`, a line in its \`index.ts\`, a test page in \`test/browser/pages/\`, and a row in
\`test/browser/editor-pages.ts\`.
`;

const IN_FIREFOX = `${HEADINGS.Firefox}
This table shows the results of the same checks in Firefox ESR. There is no column for IME, because WebDriver cannot control input methods.
`;

/** The cell of a check that passed. */
export const YES = "yes";

/** The reasons in a table: numbered in its cells, and listed below it. */
export class Reasons {
  readonly #reasons: string[] = [];

  /** The cell of a check that failed or was not measured. */
  cell(reason: string): string {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    return `${reason.startsWith(NOT_MEASURED) ? "–" : "no"} (${this.#reasons.indexOf(reason) + 1})`;
  }

  get notes(): string {
    const lines = this.#reasons.map((reason, index) => `${index + 1}. ${reason}\n`);
    return lines.length === 0 ? "" : `\n${lines.join("")}`;
  }
}

/** A browser's part of EDITORS.md, made from the results. */
export function partOf(browser: Browser, found: Found, columns: readonly Column[], reasonOf: ReasonOf): string {
  const reasons = new Reasons();
  const rows = EDITOR_PAGES.map((editor) => {
    const failed = found.get(editor.name) ?? [];
    const cells = columns.map((column) => {
      return failed.includes(column) ? reasons.cell(reasonOf(editor, column) ?? "No reason is known.") : YES;
    });
    return `| ${[titleOf(editor), ...cells].join(" | ")} |`;
  });
  const titles = ["editor", ...columns.map((column) => COLUMNS[column])];
  const table = [`| ${titles.join(" | ")} |`, `|${titles.map(() => "---").join("|")}|`, ...rows].join("\n");
  const head = browser === "Firefox" ? IN_FIREFOX : IN_CHROMIUM;
  return `${head}\n${table}\n${reasons.notes}`;
}

function titleOf({ name, packageName }: EditorPage): string {
  if (!packageName) return name;
  const file = new URL(`../../node_modules/${packageName}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return `${name} ${version}`;
}
