import { createEmptyHistoryState, registerHistory } from "@lexical/history";
import { registerRichText } from "@lexical/rich-text";
import { $createParagraphNode, $getRoot, createEditor } from "lexical";
import { container, expose } from "./editor-page.ts";

const element = document.createElement("div");
element.contentEditable = "true";
element.style.cssText = "outline: none; min-height: 4em";
container().append(element);
const editor = createEditor({
  namespace: "test",
  onError(error) {
    throw error;
  },
});
editor.setRootElement(element);
registerRichText(editor);
registerHistory(editor, createEmptyHistoryState(), 300);
editor.update(() => void $getRoot().append($createParagraphNode()), { discrete: true });
expose({
  text: () =>
    editor.getEditorState().read(() =>
      $getRoot()
        .getChildren()
        .map((child) => child.getTextContent())
        .join("\n"),
    ),
});
