import { byCommand, byRequestOrCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

type CkEditorElement = HTMLElement & {
  readonly ckeditorInstance?: {
    readonly model: { readonly document: { readonly selection: { fire(event: string, data: object): void } } };
  };
};

const IS_FIREFOX = "mozInnerScreenX" in globalThis;

/** CKEditor 5. Its element leads to it by `ckeditorInstance`. */
export const ckEditor: Editor = {
  name: "CKEditor",
  selector: ".ck-editor__editable",
  joinsLines: true,
  // It accepts requests, and no commands. In Firefox it waits for the browser to act on a request, so the text would be inserted twice.
  write: IS_FIREFOX ? byCommand : byRequestOrCommand,

  /** Typed text is one undo step until the selection changes, or an event says that it has changed. */
  endUndoStep(element: CkEditorElement) {
    element.ckeditorInstance?.model.document.selection.fire("change:range", { directChange: false });
  },
};
