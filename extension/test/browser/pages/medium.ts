import MediumEditor from "medium-editor";
import "medium-editor/dist/css/medium-editor.css";
import { container, expose, paragraphsOf } from "./editor-page.ts";

const element = document.createElement("div");
element.style.cssText = "outline: none; min-height: 4em";
container().append(element);
new MediumEditor(element, { toolbar: false });
expose({ text: () => paragraphsOf(element) });
