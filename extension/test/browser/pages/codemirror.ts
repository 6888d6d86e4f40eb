import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { container, expose } from "./editor-page.ts";

const view = new EditorView({
  parent: container(),
  extensions: [lineNumbers(), history(), keymap.of([...standardKeymap, ...historyKeymap])],
});
expose({ text: () => view.state.doc.toString() });
