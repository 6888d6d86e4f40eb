/**
 * A page may change text, or cover it, without an event. This is checked after a pause without events. The pause is longer than most users
 * need for the next key, so that usually one check follows a whole word.
 */
const PAUSE_MS = 500;

/** Calls `redraw` once for all events of a frame: no difference is visible before the frame is painted. */
export class RedrawTimer {
  readonly #window: Window;
  readonly #redraw: () => void;
  #frame = 0;
  #task = 0;
  #pause = 0;
  #pauseEnds = 0;

  constructor(window: Window, signal: AbortSignal, redraw: () => void) {
    this.#window = window;
    this.#redraw = redraw;
    const end = () => {
      this.#cancel();
      window.clearTimeout(this.#pause);
    };
    signal.addEventListener("abort", end, { once: true });
  }

  nextFrame(): void {
    this.#frame ||= this.#window.requestAnimationFrame(this.#call);
  }

  /** After the page has handled the current event, and at the latest in the next frame. */
  soon(): void {
    this.nextFrame();
    this.#task ||= this.#window.setTimeout(this.#call);
  }

  /** In the first frame after a pause in which this was not called again. One timer serves many keys: a timer for each would cost more. */
  afterPause(): void {
    this.#pauseEnds = performance.now() + PAUSE_MS;
    if (this.#pause === 0) this.#wait(PAUSE_MS);
  }

  #wait(ms: number): void {
    // The browser drops the fraction of a delay, and would call too early.
    this.#pause = this.#window.setTimeout(this.#endPause, Math.ceil(ms));
  }

  #endPause = (): void => {
    this.#pause = 0;
    const left = this.#pauseEnds - performance.now();
    if (left > 0) this.#wait(left);
    else this.nextFrame();
  };

  #call = (): void => {
    this.#cancel();
    this.#redraw();
  };

  #cancel(): void {
    this.#window.cancelAnimationFrame(this.#frame);
    this.#window.clearTimeout(this.#task);
    this.#frame = 0;
    this.#task = 0;
  }
}
