import { type ChangeEvent, createElement, type ReactElement, useState } from "react";
import { createRoot } from "react-dom/client";
import { container, expose } from "./editor-page.ts";

/** After each change, React writes its state back into the field: a change that React has not noticed is lost. */
let written = "";

function Form(): ReactElement {
  const [text, setText] = useState("");
  written = text;
  return createElement("textarea", {
    id: "field",
    rows: 4,
    cols: 70,
    value: text,
    onChange: (event: ChangeEvent<HTMLTextAreaElement>) => setText(event.target.value),
  });
}

createRoot(container()).render(createElement(Form));
expose({ text: () => written });
