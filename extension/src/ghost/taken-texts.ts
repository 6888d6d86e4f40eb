import { chordOf, type Press } from "./keys.ts";

/** The text around the caret. */
interface Around {
  readonly before: string;
  readonly after: string;
}

/** A text that Foretype wrote into a field. */
export interface Taken {
  /** The number of characters that the user did not have to type. */
  readonly length: number;
  /** The number of keys that the user pressed for it. */
  readonly presses: number;
}

/** An undo soon after a text was taken concerns one of the last ones. */
const MOST_KEPT = 10;

/** Ctrl+Z, or Command+Z on a Mac. */
const UNDO = ["Ctrl+z", "Meta+z"];

export const isUndo = (press: Press): boolean => UNDO.includes(chordOf(press) ?? "");

/**
 * The texts that Foretype last wrote into one field, each with the text around the caret before it. If an undo leads back to there, or to
 * less, the written text is not in the field any more. Redo does not add it again.
 */
export class TakenTexts {
  readonly #texts: (Taken & Around)[] = [];

  /** `length` and `presses` as in `Taken`; the field contained `around` before. */
  add({ before, after }: Around, length: number, presses: number): void {
    this.#texts.push({ before, after, length, presses });
    if (this.#texts.length > MOST_KEPT) this.#texts.shift();
  }

  /** The texts that an undo has removed, if the field contains `around` after it. Each is returned once. */
  undone({ before, after }: Around): Taken[] {
    const first = this.#texts.findIndex((text) => text.after === after && text.before.startsWith(before));
    return first < 0 ? [] : this.#texts.splice(first);
  }
}
