import { chordOf, type Press } from "./keys.ts";
import type { Surroundings } from "./text/fit.ts";
import { beginsWith, isSameText } from "./text/same-text.ts";

/** The text around the caret, and the number of characters to which each of its sides was cut. */
interface Around extends Surroundings {
  readonly limit: number;
}

/** A text that Foretype wrote into a field. */
export interface Taken {
  /** The number of characters that the user did not have to type. */
  readonly length: number;
  /** The number of keys that the user pressed for it. */
  readonly presses: number;
  /** The number of the request, if the text is a correction. */
  readonly correction: number | null;
}

interface Written extends Taken {
  /** What the field contained before. */
  readonly was: Around;
  /** What the field contained with it. Null until the field was read again. */
  is: Around | null;
}

/** A step in the history of a field. */
export type HistoryStep = "undo" | "redo";

/** An undo soon after a text was taken concerns one of the last ones. */
const MOST_KEPT = 10;

/** Those of Windows and Linux, and those of a Mac. */
const STEPS: Readonly<Record<string, HistoryStep>> = {
  "Ctrl+z": "undo",
  "Meta+z": "undo",
  "Ctrl+y": "redo",
  "Ctrl+Shift+z": "redo",
  "Shift+Meta+z": "redo",
};

/** The step that a key asks for. Null for any other key. Undefined for a modifier alone, which may belong to the next key. */
export function stepOf(press: Press): HistoryStep | null | undefined {
  const chord = chordOf(press);
  return chord === null ? undefined : (STEPS[chord] ?? null);
}

/**
 * The texts that Foretype last wrote into one field, each with the text around the caret before and after it. If an undo leads back to the
 * text before, or to less, the written text is not in the field any more. A correction may be shorter than the word before: it is still there
 * while the text after it is. If a redo then leads to the text after, or to more, it is there again.
 */
export class TakenTexts {
  #texts: Written[] = [];
  /** Those that an undo has removed. The last one is the one that a redo adds first. */
  #undone: Written[] = [];
  /** The text of the field after the last step of its history. */
  #left: Surroundings | null = null;

  /** `length`, `presses` and `correction` as in `Taken`; the field contained `was` before. */
  add(was: Around, length: number, presses: number, correction: number | null = null): void {
    this.#texts.push({ was, is: null, length, presses, correction });
    this.#undone = [];
    if (this.#texts.length > MOST_KEPT) this.#texts.shift();
  }

  /** The field contains `around` now that the last text was added. */
  added({ before, after, limit }: Around): void {
    const last = this.#texts.at(-1);
    if (last) last.is ??= { before, after, limit };
  }

  /** The texts that an undo has removed, if the field contains `around` after it. Each is returned once. */
  undone(around: Around): Taken[] {
    this.#left = around;
    const first = this.#texts.findIndex(({ was, is }) => isIn(around, was) && !(is && isIn(is, around)));
    if (first < 0) return [];
    const gone = this.#texts.splice(first);
    this.#undone.push(...gone.toReversed());
    return gone;
  }

  /** The texts that a redo has added again, if the field contains `around` after it. Each is returned once for each undo. */
  redone(around: Around): Taken[] {
    this.#left = around;
    const back: Written[] = [];
    for (let text = this.#undone.at(-1); text?.is && isIn(text.is, around); text = this.#undone.at(-1)) {
      this.#undone.pop();
      back.push(text);
    }
    this.#texts.push(...back);
    return back;
  }

  /** The field contains `around`, and not by its history. Once other text is typed, nothing can be redone any more. */
  changed(around: Around): void {
    if (this.#undone.length > 0 && this.#left && !isSameText(this.#left, around, around.limit)) this.#undone = [];
  }
}

/** Whether all that was before the caret still is, perhaps with more text after it. */
const isIn = (is: Surroundings, { before, after, limit }: Around): boolean =>
  is.after === after && beginsWith(before, is.before, limit);
