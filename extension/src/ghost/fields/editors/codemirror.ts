import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface View {
  readonly state: { readonly selection: unknown };
  dispatch(transaction: { readonly selection: unknown }): void;
}

/** CodeMirror 6. Its elements lead to its view by `cmTile`. */
export const codeMirror: Editor = {
  name: "CodeMirror",
  selector: ".cm-content",
  isCode: true,
  optsOutByItself: true,
  write: byCommand,

  /** Setting the selection ends an undo step, even if the selection stays the same. */
  endUndoStep(element) {
    const { cmTile } = element as { cmTile?: { readonly root?: { readonly view?: View } } };
    const view = cmTile?.root?.view;
    view?.dispatch({ selection: view.state.selection });
  },
};
