import type { Editor } from "./editor.ts";

/** Lexical. */
export const lexical: Editor = {
  name: "Lexical",
  selector: "[data-lexical-editor]",
  joinsLines: true,
};
