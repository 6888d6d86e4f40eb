import { createElement, type ReactElement } from "react";
import { createRoot } from "react-dom/client";
import { createEditor, type Descendant, Node } from "slate";
import { withHistory } from "slate-history";
import { Editable, Slate, withReact } from "slate-react";
import { expose, place } from "./page.ts";

const editor = withHistory(withReact(createEditor()));
const initialValue: Descendant[] = [{ children: [{ text: "" }] }];

/** Slate leaves the keys for undo to the browser's own `beforeinput`, or to the page. */
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
  // biome-ignore lint/correctness/noChildrenProp: Slate's types want them among the properties
  return createElement(Slate, { editor, initialValue, children: editable });
}

createRoot(place()).render(createElement(Page));
expose({ text: () => editor.children.map((node) => Node.string(node)).join("\n") });
