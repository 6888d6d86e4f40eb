import type { PageAccess } from "../page-access.ts";
import type { Privacy } from "../privacy/privacy.ts";
import { Editable } from "./editable.ts";
import { canDrawFor } from "./edited-document.ts";
import { HIDDEN_INPUTS, SPECIAL_FIELDS } from "./editors/index.ts";
import type { Field } from "./field.ts";
import { TextBox } from "./text-box.ts";

/**
 * The kinds of `input` that hold prose and report their caret. `email` and `number` don't report it; and a model can't guess an address, a
 * phone number or a URL.
 */
const PROSE_INPUT = 'input:not([type]), input[type="" i], input[type="text" i], input[type="search" i]';

/** The field that has the focus if `target` has it. Null if the user does not write prose there. */
export function fieldAt(target: EventTarget | null | undefined, privacy: Privacy, page: PageAccess): Field | null {
  if (!(target instanceof HTMLElement)) return null;
  const element = innermostFocused(target, page);
  const context = { privacy, page };
  // Asked for every input that gets the focus: a field that was once a password stays private.
  privacy.isPassword(element);
  if (element.matches(HIDDEN_INPUTS) || !canDrawFor(element.ownerDocument)) return null;
  if (element instanceof HTMLTextAreaElement) return new TextBox(element, context);
  if (element instanceof HTMLInputElement) return element.matches(PROSE_INPUT) ? new TextBox(element, context) : null;
  if (element.isContentEditable) return new Editable(element, context);
  for (const specialFieldAt of SPECIAL_FIELDS) {
    const field = specialFieldAt(element, context);
    if (field) return field;
  }
  return null;
}

/** The element that has the focus inside the shadow trees of `element`. */
function innermostFocused(element: HTMLElement, page: PageAccess): HTMLElement {
  const inner = page.shadowOf(element)?.activeElement;
  return inner instanceof HTMLElement ? innermostFocused(inner, page) : element;
}
