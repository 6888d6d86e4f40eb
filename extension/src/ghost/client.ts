import type { Answer } from "./conversation.ts";
import type { FieldKind, KeystrokeKind } from "./fields/field-kind.ts";
import type { Chord, Keys } from "./keys.ts";
import type { SnippetOffer } from "./snippet.ts";

/** The texts around a field, as the protocol names them. */
export interface Context {
  /** The mail that is answered. */
  readonly answered?: string;
  /** What the page calls the field. */
  readonly label?: string;
}

export interface Keystroke {
  readonly field: string;
  readonly seq: number;
  readonly before: string;
  readonly after: string;
  readonly kind: KeystrokeKind;
  /** The subject of the mail that is written in the field. */
  readonly subject?: string;
  readonly context?: Context;
  /** The server may learn what is typed in the field. */
  readonly learn?: boolean;
  /** The field can show and take a word in place of the one that was typed. */
  readonly corrections?: boolean;
  /** The number of other suggestions that are wanted. */
  readonly alternatives?: number;
  /** The user requested the suggestion by a key, on a page where none appears by itself. */
  readonly byKey?: boolean;
}

/** The connection to the server, as ghost text sees it. No method waits: if a message can't be sent now, the client drops it or sends it later. */
export interface Client {
  /** The number of characters on each side of the caret that the server wants. */
  readonly contextChars: number;
  /** Whether suggestions appear by themselves on this page now. If not, the user can request one by a key. */
  readonly on: boolean;
  /** Whether suggestions are on in code editors. They are off until the user turns them on. */
  readonly codeToo: boolean;
  /** Whether the subject of a mail is sent with its text. */
  readonly subjectToo: boolean;
  /** Whether a word that looks mistyped gets a correction. */
  readonly corrections: boolean;
  /** Whether the mail that is answered is sent with the text of the answer. */
  readonly answeredToo: boolean;
  /** Whether the label of a field of one line is sent with its text. */
  readonly labelToo: boolean;
  /** Whether the server may learn what is typed on this page. */
  readonly learn: boolean;
  /** The kinds of field that the user turned off. */
  readonly fieldsOff: readonly FieldKind[];
  /** Whether ghost text is also drawn where the page suggests text itself. */
  readonly besidePage: boolean;
  readonly keys: Keys;
  /** Whether suggestions are announced to screen readers. */
  readonly spoken: boolean;
  /** What a screen reader says about a correction: the key of this chord puts `text` in place of `replaced`. */
  correctionSentence(chord: Chord, replaced: string, text: string): string;
  /** A field has the focus: the connection should be open. */
  focused(): void;
  keystroke(keystroke: Keystroke): void;
  /**
   * `presses`: the number of keys that the user pressed for this text, with the one that accepted it. `replaced`: how many of them typed a word
   * in whose place the text stands now.
   */
  accepted(field: string, seq: number, text: string, presses: number, replaced?: number): void;
  /**
   * A snippet was inserted. `length`: the number of characters that the user need not type. `presses`: the number of keys that the user pressed
   * for it: its abbreviation, and the key that inserted it.
   */
  snippetTaken(length: number, presses: number): void;
  /** The user has undone an accepted text or a snippet, which was reported with these numbers. */
  takenBack(length: number, presses: number): void;
  /** The user has redone a text that `takenBack` was told of. */
  takenAgain(length: number, presses: number): void;
  dismissed(field: string, seq: number): void;
  /** The field has lost the focus; the server may forget it. */
  left(field: string): void;
  /** Calls `listener` when the user's preferences for this page have changed. */
  onChange(listener: () => void): void;
  onAnswer(listener: (field: string, answer: Answer) => void): void;
  /** Calls `listener` when the requests so far were lost, so that no answer to them will come. */
  onForgotten(listener: () => void): void;
  /** Calls `listener` if a snippet of the user fits a keystroke. */
  onSnippet(listener: (field: string, offer: SnippetOffer) => void): void;
}
