import Squire from "squire-rte";
import { container, expose, paragraphsOf } from "./editor-page.ts";

const element = document.createElement("div");
element.className = "field";
element.style.cssText = "outline: none; min-height: 4em";
container().append(element);
const squire = new Squire(element, {
  // The default needs a sanitizer in a global variable.
  sanitizeToDOMFragment: (html) => document.createRange().createContextualFragment(html),
});
expose({ text: () => paragraphsOf(squire.getRoot()) });
