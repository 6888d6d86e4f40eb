import { type ChangeEvent, createElement, type ReactElement, useState } from "react";
import { createRoot } from "react-dom/client";
import { expose, place } from "./page.ts";

/** React writes its state back into the field after each change: what it did not hear of is gone. */
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

createRoot(place()).render(createElement(Form));
expose({ text: () => written });
