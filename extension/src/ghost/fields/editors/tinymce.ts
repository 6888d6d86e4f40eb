import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface TinyMce {
  /** Missing in the editor's frame, which has another object of that name. */
  get?(): readonly { getBody(): HTMLElement | null; readonly undoManager: { add(): unknown } }[];
}

/** TinyMCE. The user writes in a frame; the editor's object is in the page around the frame. */
export const tinyMce: Editor = {
  name: "TinyMCE",
  selector: ".mce-content-body",
  write: byCommand,

  endUndoStep(element) {
    for (const owner of [window, window.parent] as { tinymce?: TinyMce }[]) {
      const editor = owner.tinymce?.get?.().find((one) => one.getBody() === element);
      if (editor) {
        editor.undoManager.add();
        return;
      }
    }
  },
};
