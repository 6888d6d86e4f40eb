import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface View {
  readonly state: { readonly tr: { setMeta(key: string, value: unknown): unknown } };
  dispatch(transaction: unknown): void;
}

interface Description {
  updateChildren?: ((this: Description, view: View, position: number) => unknown) | undefined;
}

type ProseMirrorElement = HTMLElement & {
  readonly pmViewDesc?: Description;
  /** Set by Tiptap. */
  readonly editor?: { readonly view?: View };
};

const views = new WeakMap<Description, View>();

/** The key of ProseMirror's `closeHistory`. A page that bundles ProseMirror twice has both keys. */
const CLOSE_HISTORY = ["closeHistory$", "closeHistory$1"];

/** ProseMirror, and Tiptap, which is built on it. */
export const proseMirror: Editor = {
  name: "ProseMirror",
  selector: ".ProseMirror",
  write: byCommand,

  /** Its element does not lead to its view, but the view is passed along while it draws. So it is noticed at the first drawing. */
  entered({ pmViewDesc: description }: ProseMirrorElement) {
    if (!description || views.has(description) || Object.hasOwn(description, "updateChildren")) return;
    const { updateChildren } = description;
    description.updateChildren = function (view, position) {
      views.set(description, view);
      delete description.updateChildren;
      return updateChildren?.call(this, view, position);
    };
  },

  endUndoStep(element: ProseMirrorElement) {
    const view = element.editor?.view ?? (element.pmViewDesc && views.get(element.pmViewDesc));
    if (!view) return;
    const transaction = view.state.tr;
    for (const key of CLOSE_HISTORY) transaction.setMeta(key, true);
    view.dispatch(transaction);
  },
};
