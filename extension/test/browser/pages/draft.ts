import { Editor, EditorState } from "draft-js";
import { createElement, type ReactElement, useState } from "react";
import { createRoot } from "react-dom/client";
import "draft-js/dist/Draft.css";
import { container, expose } from "./editor-page.ts";

let written = "";

function Page(): ReactElement {
  const [editorState, onChange] = useState(() => EditorState.createEmpty());
  written = editorState.getCurrentContent().getPlainText("\n");
  return createElement(Editor, { editorState, onChange });
}

createRoot(container()).render(createElement(Page));
expose({ text: () => written });
