import type { Completer } from "../completer.ts";
import { type Caret, caretOf, isSameCaret } from "./caret.ts";
import { RedrawTimer } from "./redraw-timer.ts";
import { Watcher } from "./watcher.ts";

/** Keeps ghost text where it belongs: draws it again when the text, the caret, the field or an answer may have changed. */
export class Follower {
  readonly #completer: Completer;
  readonly #timer: RedrawTimer;
  readonly #watcher = new Watcher(
    () => this.#look(),
    () => this.#timer.nextFrame(),
  );
  /** Whether the page may have disturbed ghost text since it was drawn. */
  #isDisturbed = false;
  /** The caret that ghost text was drawn for. */
  #caret: Caret = [];
  /** The text that ghost text was drawn for, if the field is a text box. */
  #value: string | null = null;

  constructor(completer: Completer, window: Window, signal: AbortSignal) {
    this.#completer = completer;
    this.#timer = new RedrawTimer(window, signal, () => this.#redraw());
    completer.onAnswer(this.follow);
    completer.onDrawn((around) => (around ? this.#watcher.start(around) : this.#watcher.stop()));
  }

  /** The field may have moved, or an answer has arrived. */
  readonly follow = (): void => {
    if (!this.#completer.element) return;
    this.#timer.nextFrame();
    this.#timer.afterPause();
  };

  /** No check follows after a pause: the watcher hears of each later change, and limits what looking costs on a page that never rests. */
  #look(): void {
    this.#isDisturbed = true;
    if (this.#completer.element) this.#timer.nextFrame();
  }

  /**
   * The selection has changed. Typing changes it too, but then ghost text is already drawn for the new caret. It also changes when a script
   * sets the text of a text box, in which the caret may stay where it is.
   */
  readonly followCaret = (): void => {
    const { element, isDrawing } = this.#completer;
    if (!element) return;
    const isSameText = !isDrawing || textOf(element) === this.#value;
    if (!isSameText || !isSameCaret(caretOf(element), this.#caret)) this.follow();
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
    const begun = performance.now();
    if (this.#isDisturbed) this.#completer.disturbed();
    else this.#completer.changed();
    if (this.#isDisturbed) this.#watcher.took(performance.now() - begun);
    this.#isDisturbed = false;
    const { element, isDrawing } = this.#completer;
    if (element) this.#caret = caretOf(element);
    this.#value = element && isDrawing ? textOf(element) : null;
  }
}

const textOf = (element: HTMLElement): string | null => ("value" in element ? String(element.value) : null);
