import type { Editor } from "./editor.ts";

/** Ace. The user types into a text area inside of it. */
export const ace: Editor = { name: "Ace", selector: ".ace_editor *", isCode: true };
