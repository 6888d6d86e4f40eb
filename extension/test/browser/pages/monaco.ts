import * as monaco from "monaco-editor/editor/editor.api";
import { expose, place } from "./page.ts";

const element = place();
element.style.cssText = "width: 800px; height: 200px; border: 1px solid";
const editor = monaco.editor.create(element, {
  language: "plaintext",
  minimap: { enabled: false },
  quickSuggestions: false,
  wordBasedSuggestions: "off",
});
expose({ text: () => editor.getValue() });
