import { type MessageName, message } from "../i18n.ts";
import { textWithCommands } from "../text-with-commands.ts";

/**
 * Fills a page of the extension with its sentences. Each page names it as its first script, and its HTML contains no sentence, so the user
 * never sees another language first. `data-i18n` is the name of an element's message, `data-i18n-label` that of its `aria-label`. If the
 * element has children, they replace `$1`, `$2` and so on.
 */

/** Encloses the number of a child in a message. No message contains it. */
const MARK = "\uE000";

function fill(element: Element): void {
  const children = [...element.children];
  const text = message(nameIn(element, "data-i18n"), ...children.map((_, index) => MARK + index + MARK));
  const parts = text
    .split(MARK)
    .map((part, index) => (index % 2 === 0 ? textWithCommands(part) : [children[Number(part)]]));
  element.replaceChildren(...parts.flat().filter((part) => part !== undefined));
}

const nameIn = (element: Element, attribute: string) => element.getAttribute(attribute) as MessageName;

document.documentElement.lang = message("language");
document.documentElement.dir = message("direction");
for (const element of document.querySelectorAll("[data-i18n]")) fill(element);
for (const element of document.querySelectorAll("[data-i18n-label]"))
  element.setAttribute("aria-label", message(nameIn(element, "data-i18n-label")));
