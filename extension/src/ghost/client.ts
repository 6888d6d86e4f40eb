import type { Answer } from "./conversation.ts";
import type { FieldKind } from "./fields/field.ts";
import type { Keys } from "./keys.ts";

export type Kind = "text" | "search" | "email";

export interface Keystroke {
  readonly field: string;
  readonly seq: number;
  readonly before: string;
  readonly after: string;
  readonly kind: Kind;
  /** How many other ways to go on are wanted. */
  readonly alternatives?: number;
}

/** The way to the server, as ghost text sees it. Nothing here waits: what can't be sent now is dropped or sent later by the client. */
export interface Client {
  /** How many characters on each side of the caret the server wants. */
  readonly contextChars: number;
  /** Whether anything is completed on this page now. */
  readonly on: boolean;
  /** Whether code is completed too. It is off until a person asks for it. */
  readonly codeToo: boolean;
  /** Kinds of field that a person wants left alone. */
  readonly fieldsOff: readonly FieldKind[];
  keystroke(keystroke: Keystroke): void;
  accepted(field: string, seq: number, text: string): void;
  dismissed(field: string, seq: number): void;
  /** A field is being written in: the way should be open. */
  focused(): void;
  /** The field is left; the server may forget it. */
  left(field: string): void;
  readonly keys: Keys;
  /** Whether screen readers are told what is shown. */
  readonly spoken: boolean;
  /** Calls `listener` when what a person wants of this page has changed. */
  onChange(listener: () => void): void;
  onAnswer(listener: (field: string, answer: Answer) => void): void;
}
