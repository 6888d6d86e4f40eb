import { byRequest } from "../write.ts";
import type { Editor } from "./editor.ts";
import { fibersAround } from "./react.ts";

interface SlateEditor {
  readonly selection: unknown;
  readonly history?: { readonly undos: { readonly operations: unknown[]; readonly selectionBefore: unknown }[] };
}

/** Slate. It draws its own model with React, and breaks if the browser changes its elements. */
export const slate: Editor = {
  name: "Slate",
  selector: '[data-slate-editor="true"]',
  write: byRequest,

  /**
   * Slate adds text to the last undo step if it continues the text of that step. An empty step on top prevents that. Slate inserts text at
   * once, so the empty step is removed in a microtask, before anything else can happen: an undo that meets it would undo nothing.
   */
  endUndoStep(element, moment) {
    const editor = slateEditorOf(element);
    const undos = editor?.history?.undos;
    if (moment === "after" || !editor || !undos) return;
    const mark = { operations: [], selectionBefore: editor.selection };
    undos.push(mark);
    queueMicrotask(() => {
      if (mark.operations.length === 0 && undos.includes(mark)) undos.splice(undos.indexOf(mark), 1);
    });
  },
};

/** The editor is a property of one of the components around the element. */
function slateEditorOf(element: HTMLElement): SlateEditor | null {
  for (const { memoizedProps } of fibersAround(element)) {
    const editor = (memoizedProps as { readonly editor?: SlateEditor } | null | undefined)?.editor;
    if (editor?.history) return editor;
  }
  return null;
}
