import { baseKeymap } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { schema } from "prosemirror-schema-basic";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import "prosemirror-view/style/prosemirror.css";
import { container, expose } from "./editor-page.ts";

const state = EditorState.create({
  schema,
  plugins: [history(), keymap({ "Mod-z": undo, "Mod-Shift-z": redo, "Mod-y": redo }), keymap(baseKeymap)],
});
const view = new EditorView(container(), { state });
expose({ text: () => view.state.doc.textBetween(0, view.state.doc.content.size, "\n") });
