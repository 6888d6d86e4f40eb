import type { PasswordMemory } from "../private.ts";
import type { Reach } from "../reach.ts";
import { Editable } from "./editable.ts";
import type { Field } from "./field.ts";
import { Monaco } from "./monaco.ts";
import { TextBox } from "./textbox.ts";

/**
 * The kinds of `input` that hold prose and tell where their caret is. `email` and `number` don't tell; an address, a phone number or
 * a URL is nothing to be guessed.
 */
const PROSE_INPUT = 'input:not([type]), input[type="" i], input[type="text" i], input[type="search" i]';

/** A box of no size that an editor types into, where the browser has no EditContext, and that holds none of its text. */
const OUT_OF_SIGHT = ".monaco-editor textarea";

/** The field that has the focus when `target` has it, null where one does not write prose there. */
export function fieldAt(target: EventTarget | null | undefined, passwords: PasswordMemory, reach: Reach): Field | null {
  if (!(target instanceof HTMLElement)) return null;
  const element = innermostFocused(target, reach);
  // Asked of every input that is entered: once a password, always private.
  passwords.has(element);
  if (element.matches(OUT_OF_SIGHT)) return null;
  if (element instanceof HTMLTextAreaElement) return new TextBox(element, passwords);
  if (element instanceof HTMLInputElement) return element.matches(PROSE_INPUT) ? new TextBox(element, passwords) : null;
  if (element.isContentEditable) return new Editable(element, passwords, reach);
  return Monaco.at(element, passwords);
}

/** What in the shadow trees of `element` has the focus. */
function innermostFocused(element: HTMLElement, reach: Reach): HTMLElement {
  const inner = reach.shadowOf(element)?.activeElement;
  return inner instanceof HTMLElement ? innermostFocused(inner, reach) : element;
}
