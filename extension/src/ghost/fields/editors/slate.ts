import { byRequest } from "../write.ts";
import type { Editor } from "./editor.ts";

interface SlateEditor {
  readonly selection: unknown;
  readonly history?: { readonly undos: { readonly operations: unknown[]; readonly selectionBefore: unknown }[] };
}

interface Fiber {
  readonly return: Fiber | null;
  readonly memoizedProps?: { readonly editor?: SlateEditor } | null;
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

/** React keeps the properties of components in a tree, and the element leads to that tree. */
function slateEditorOf(element: HTMLElement): SlateEditor | null {
  const key = Object.keys(element).find((name) => name.startsWith("__reactFiber$"));
  let fiber = key ? ((element as unknown as Record<string, Fiber | null>)[key] ?? null) : null;
  while (fiber) {
    const editor = fiber.memoizedProps?.editor;
    if (editor?.history) return editor;
    fiber = fiber.return;
  }
  return null;
}
