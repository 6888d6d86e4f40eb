import type { PasswordMemory } from "../private.ts";
import { Editable } from "./editable.ts";
import type { Field } from "./field.ts";
import { TextBox } from "./textbox.ts";

/**
 * The kinds of `input` that hold prose and tell where their caret is. `email` and `number` don't tell; an address, a phone number or
 * a URL is nothing to be guessed.
 */
const PROSE_INPUT = 'input:not([type]), input[type="" i], input[type="text" i], input[type="search" i]';

/** The field that has the focus when `target` has it, null where one does not write prose there. */
export function fieldAt(target: EventTarget | null | undefined, passwords: PasswordMemory): Field | null {
  if (!(target instanceof HTMLElement)) return null;
  // Asked of every input that is entered: once a password, always private.
  passwords.has(target);
  if (target instanceof HTMLTextAreaElement) return new TextBox(target, passwords);
  if (target instanceof HTMLInputElement) return target.matches(PROSE_INPUT) ? new TextBox(target, passwords) : null;
  return target.isContentEditable ? new Editable(target, passwords) : null;
}
