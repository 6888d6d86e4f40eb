import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { expose, place } from "./page.ts";

const view = new EditorView({
  parent: place(),
  extensions: [lineNumbers(), history(), keymap.of([...standardKeymap, ...historyKeymap])],
});
expose({ text: () => view.state.doc.toString() });
