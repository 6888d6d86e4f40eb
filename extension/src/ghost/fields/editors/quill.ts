import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface QuillClass {
  find(node: Node): { readonly history?: { cutoff(): void } } | null;
}

/** Quill. */
export const quill: Editor = {
  name: "Quill",
  selector: ".ql-editor",
  write: byCommand,

  /** An editor can be found only if the page has Quill's class under the global name that Quill's own build gives it. */
  endUndoStep(element) {
    const { Quill } = window as { Quill?: QuillClass };
    if (element.parentElement) Quill?.find(element.parentElement)?.history?.cutoff();
  },
};
