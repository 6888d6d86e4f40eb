import * as monaco from "monaco-editor/editor/editor.api";
import { container, expose } from "./editor-page.ts";

const element = container();
element.style.cssText = "width: 800px; height: 200px; border: 1px solid";
const editor = monaco.editor.create(element, {
  language: "plaintext",
  minimap: { enabled: false },
  quickSuggestions: false,
  wordBasedSuggestions: "off",
});
expose({ text: () => editor.getValue() });
