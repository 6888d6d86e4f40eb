import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface History {
  readonly stack: readonly { readonly contents: string }[];
  readonly stackOffset: number;
  recordUndo(): void;
}

interface Context {
  readonly modules?: { readonly editor?: { readonly history?: History } };
}

/** Summernote. */
export const summernote: Editor = {
  name: "Summernote",
  selector: ".note-editable",
  write: byCommand,

  /** Summernote stores the text after some keys only, such as the space key. An equal text must not be stored twice. */
  endUndoStep(element) {
    const history = contextOf(element)?.modules?.editor?.history;
    if (history && history.stack[history.stackOffset]?.contents !== element.innerHTML) history.recordUndo();
  },
};

/** The page's element is before the editor's. jQuery stores the editor there, in a property whose name begins with "jQuery". */
function contextOf(element: HTMLElement): Context | undefined {
  const note = element.closest(".note-editor")?.previousElementSibling as Record<string, unknown> | null | undefined;
  if (!note) return undefined;
  const stores = Object.keys(note).filter((name) => name.startsWith("jQuery"));
  return stores.map((name) => (note[name] as { readonly summernote?: Context }).summernote).find(Boolean);
}
