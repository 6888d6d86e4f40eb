import type { Editor } from "./editor.ts";

/** CodeMirror 5 and earlier. The user types into a text area inside of it. */
export const codeMirror5: Editor = { name: "CodeMirror 5", selector: ".CodeMirror *", isCode: true };
