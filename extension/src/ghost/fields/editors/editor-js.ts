import type { Editor } from "./editor.ts";

/** Editor.js. Each of its blocks is an editable element of its own. */
export const editorJs: Editor = {
  name: "Editor.js",
  selector: ".ce-block [contenteditable]",
  joinsLines: true,
};
