import type { Editor } from "./editor.ts";
import { fibersAround } from "./react.ts";

interface EditorState {
  /** A map that never changes; `set` returns another one. */
  _immutable: { set(name: "lastChangeType", value: null): EditorState["_immutable"] };
}

/** The component of the editor. */
interface DraftEditor {
  readonly _latestEditorState: EditorState;
}

/** Draft.js. It draws its own model with React. */
export const draft: Editor = {
  name: "Draft.js",
  selector: ".public-DraftEditor-content",
  joinsLines: true,

  /**
   * Draft.js adds text to the last undo step if the last change was typed text, too. In Firefox it takes an inserted word for typed text. So it
   * forgets what the last change was. The state stays the same object: with a new one, Draft.js hears of no selection until it has drawn it.
   */
  endUndoStep(element) {
    const state = stateOf(element);
    if (state) state._immutable = state._immutable.set("lastChangeType", null);
  },
};

function stateOf(element: HTMLElement): EditorState | null {
  for (const { stateNode } of fibersAround(element)) {
    const state = (stateNode as Partial<DraftEditor> | null | undefined)?._latestEditorState;
    if (state) return state;
  }
  return null;
}
