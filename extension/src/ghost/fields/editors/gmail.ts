import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

/** Gmail's message body. It treats what the browser's command inserts as typing, and is undone by the browser. */
export const gmail: Editor = { name: "Gmail", selector: "[g_editable]", write: byCommand };
