import { createElement, type ReactElement } from "react";
import { createRoot } from "react-dom/client";
import { createEditor, type Descendant, Node } from "slate";
import { withHistory } from "slate-history";
import { Editable, Slate, withReact } from "slate-react";
import { container, expose } from "./editor-page.ts";

const editor = withHistory(withReact(createEditor()));
const initialValue: Descendant[] = [{ children: [{ text: "" }] }];

/** Slate does not handle the keys for undo: the browser's `beforeinput` or the page does. */
function Page(): ReactElement {
  const editable = createElement(Editable, {
    placeholder: "Write …",
    onKeyDown(event) {
      if (!event.ctrlKey || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      if (event.shiftKey) editor.redo();
      else editor.undo();
    },
  });
  // biome-ignore lint/correctness/noChildrenProp: Slate's types require them among the properties
  return createElement(Slate, { editor, initialValue, children: editable });
}

createRoot(container()).render(createElement(Page));
expose({ text: () => editor.children.map((node) => Node.string(node)).join("\n") });
