import type { Choice, Position } from "./decide.ts";
import type { Placement } from "./placement.ts";

/** Draws ghost text. */
export interface Screen {
  /**
   * Draws the text, or moves what is drawn. Returns the text that the user can read there: `text`, or the words at its beginning. Null if
   * the user could not read the next word: then nothing is drawn. `spoken`: what a screen reader says instead of the text.
   */
  show(text: string, position: Position, placement: Placement, choice: Choice | null, spoken?: string): string | null;
  /** Something may cover the field now: the next drawing checks it. */
  doubt(): void;
  /**
   * Removes the ghost text such that the page does not notice. Otherwise the page could change the field's text, and see whether the
   * suggestion still fits.
   */
  hide(): void;
  /** Takes everything off the page, because the user has left the field. */
  leave(): void;
  /**
   * Whether the next word of the ghost text is still visible, with nothing over it. Called when a key is pressed: the layout of the page is
   * then up to date, so the answer is cheap. Right after a letter was typed, the call would force a layout.
   */
  isStillSeen(): boolean;
}
