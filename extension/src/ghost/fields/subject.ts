import { firstOf } from "../text/cut.ts";
import { parentOf } from "./ancestors.ts";
import type { FieldContext } from "./field.ts";

/** How mail programs name the field of the subject. Gmail, Roundcube and contact forms use the English word in `name`, whatever their language. */
const NAMES = /subject|betreff|objet|asunto|assunto|oggetto|onderwerp|主题/i;
const ATTRIBUTES = ["name", "id", "aria-label", "placeholder"];

/** What encloses one mail. Outside of it, a field with such a name belongs to something else, such as the columns of a list. */
const MAIL = 'form, dialog, [role="dialog"]';
const TEXTS = 'textarea, [contenteditable]:not([contenteditable="false" i])';
/** The number of ancestors that are searched if nothing says where the mail ends. */
const FARTHEST = 12;

/** In characters. Servers read no more of it (docs/protocol.md). */
const LONGEST = 200;

/** The field for the subject of the mail in `element`. Null if there is none. */
export function subjectFieldOf(element: HTMLElement): HTMLInputElement | null {
  let around: Element | null = parentOf(element);
  for (let steps = 0; around && steps < FARTHEST; steps += 1) {
    const found = [...around.querySelectorAll("input")].find(isNamedSubject);
    const isWhole = around.matches(MAIL);
    if (found) return found.type === "text" && (isWhole || !hasOtherText(around, element)) ? found : null;
    if (isWhole) return null;
    around = parentOf(around);
  }
  return null;
}

/**
 * Asked of inputs only, because this happens at each key: a selector with all names and attributes took 29 ms on a page of 25,000 elements,
 * to look at its inputs takes 0.3 ms.
 */
const isNamedSubject = (input: HTMLInputElement) =>
  ATTRIBUTES.some((name) => NAMES.test(input.getAttribute(name) ?? ""));

/** Whether there is a field in `around` to which the subject may belong just as well. */
function hasOtherText(around: Element, element: HTMLElement): boolean {
  const texts = [...around.querySelectorAll(TEXTS)];
  return texts.some((text) => text !== element && !text.contains(element) && !element.contains(text));
}

/** The subject of the mail in `element`, cut to what a server reads. Empty if there is none, or if its field is private. */
export function subjectOf(element: HTMLElement, privacy: FieldContext["privacy"]): string {
  const field = subjectFieldOf(element);
  return field && !privacy.isClosed(field) ? firstOf(field.value.trim(), LONGEST) : "";
}
