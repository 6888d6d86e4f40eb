import "trix";
import "trix/dist/trix.css";
import { container, expose } from "./editor-page.ts";

interface TrixElement extends HTMLElement {
  readonly editor?: { getDocument(): { toString(): string } };
}

const element = document.createElement("trix-editor") as TrixElement;
container().append(element);
// Trix ends each text with a line break.
expose({ text: () => (element.editor?.getDocument().toString() ?? "").replace(/\n$/, "").replaceAll("\u00a0", " ") });
