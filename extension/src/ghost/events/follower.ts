import type { Completer } from "../completer.ts";
import { type Caret, caretOf, isSameCaret } from "./caret.ts";
import { RedrawTimer } from "./redraw-timer.ts";

/** Keeps ghost text where it belongs: draws it again when the text, the caret, the field or an answer may have changed. */
export class Follower {
  readonly #completer: Completer;
  readonly #timer: RedrawTimer;
  /** The caret that ghost text was drawn for. */
  #caret: Caret = [];

  constructor(completer: Completer, window: Window, signal: AbortSignal) {
    this.#completer = completer;
    this.#timer = new RedrawTimer(window, signal, () => this.#redraw());
    completer.onAnswer(this.follow);
  }

  /** The field may have moved, or an answer has arrived. */
  readonly follow = (): void => {
    if (!this.#completer.element) return;
    this.#timer.nextFrame();
    this.#timer.afterPause();
  };

  /** The selection has changed. Typing changes it too, but then ghost text is already drawn for the new caret. */
  readonly followCaret = (): void => {
    const { element } = this.#completer;
    if (element && !isSameCaret(caretOf(element), this.#caret)) this.follow();
  };

  /**
   * There was an input event. The page receives it after this listener and may change the text, so the text is read after the page has
   * handled the event.
   */
  followText(): void {
    this.#timer.soon();
    this.#timer.afterPause();
  }

  #redraw(): void {
    this.#completer.changed();
    if (this.#completer.element) this.#caret = caretOf(this.#completer.element);
  }
}
