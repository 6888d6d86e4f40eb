import { byCommand, byRequestOrCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface UndoEntry {
  context?: unknown;
}

type TrixElement = HTMLElement & {
  readonly editor?: { readonly undoManager: { readonly undoEntries: readonly UndoEntry[] } };
};

const IS_FIREFOX = "mozInnerScreenX" in globalThis;

/** Trix. Its element is a custom element, and leads to its editor by `editor`. */
export const trix: Editor = {
  name: "Trix",
  selector: "trix-editor",
  // It takes a request without cancelling it, and removes what the browser inserts after that. In Firefox the command is a request, too.
  write: IS_FIREFOX ? byCommand : byRequestOrCommand,

  /**
   * Trix adds typed text to the last undo entry if that entry has the same context: the same place, style and five seconds. Another context
   * prevents that. `recordUndoEntry` would add an entry of its own, and Ctrl-Z would undo nothing there.
   */
  endUndoStep(element: TrixElement) {
    const last = element.editor?.undoManager.undoEntries.at(-1);
    if (last) last.context = null;
  },
};
