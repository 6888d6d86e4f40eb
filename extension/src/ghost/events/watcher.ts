import { shadowRootsAround } from "../fields/ancestors.ts";
import { hug } from "./hug.ts";

/** Looking at the page takes at most one part in this many of the page's time. */
const SHARE = 16;

/** Events after which a page may look different, though nobody has typed, scrolled or moved the focus. */
const EVENTS = ["reset", "load", "toggle", "pointerover", "animationstart", "transitionrun"];
const BEGIN_ANIMATION = /^(animationstart|transitionrun|pointerover)$/;

/**
 * Notices whatever moves the field, changes its text or covers it without an event that says so. It watches only while ghost text is
 * drawn, and looks only after something has happened on the page, or while the page animates.
 */
export class Watcher {
  readonly #look: () => void;
  readonly #changed: () => void;
  readonly #mutations = new MutationObserver((changes) => {
    if (changes.every((change) => this.#isOfText(change))) this.#changed();
    else this.#disturbed();
  });
  #watching = new AbortController();
  #elements: readonly Element[] = [];
  #frame = 0;
  #delay: ReturnType<typeof setTimeout> | undefined;
  /** When the next look is due. */
  #rested = 0;

  /** `changed`: only the text of the field has. `look`: the page may have moved or covered the field. */
  constructor(look: () => void, changed: () => void) {
    this.#look = look;
    this.#changed = changed;
  }

  /** Watches the field, and the frame around it if ghost text is drawn outside of it. */
  start(elements: readonly Element[]): void {
    if (elements.length === this.#elements.length && elements.every((one, index) => one === this.#elements[index]))
      return;
    this.stop();
    this.#elements = elements;
    this.#watching = new AbortController();
    for (const element of elements) this.#watch(element, this.#watching.signal);
    if (this.#isAnimating()) this.#animate();
  }

  stop(): void {
    if (this.#elements.length === 0) return;
    this.#elements = [];
    this.#watching.abort();
    this.#mutations.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#delay);
    this.#frame = 0;
    this.#delay = undefined;
  }

  /** A look has taken `ms`. */
  took(ms: number): void {
    this.#rested = performance.now() + SHARE * ms;
  }

  #watch(element: Element, signal: AbortSignal): void {
    const { ownerDocument } = element;
    hug(element, this.#disturbed, signal);
    for (const root of [ownerDocument, ...shadowRootsAround(element)]) {
      this.#mutations.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    }
    const options = { capture: true, passive: true, signal };
    for (const name of EVENTS) ownerDocument.addEventListener(name, this.#heard, options);
    ownerDocument.fonts.addEventListener("loadingdone", this.#disturbed, { signal });
    // The scrolling of the field's own window is followed anyway.
    if (ownerDocument !== document) ownerDocument.addEventListener("scroll", this.#disturbed, options);
  }

  /** Whether letters in the field have changed, as by typing. No element came, went or got another style. */
  #isOfText({ type, target }: MutationRecord): boolean {
    return type === "characterData" && this.#elements[0]?.contains(target) === true;
  }

  #heard = ({ type }: Event): void => {
    this.#disturbed();
    if (BEGIN_ANIMATION.test(type) && this.#isAnimating()) this.#animate();
  };

  #disturbed = (): void => {
    const wait = this.#rested - performance.now();
    if (wait <= 0) return this.#look();
    this.#delay ??= setTimeout(() => {
      this.#delay = undefined;
      this.#look();
    }, wait);
  };

  /** Looks in each frame, and once after the last animation has ended. */
  #animate(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#disturbed();
      if (this.#isAnimating()) this.#animate();
    });
  }

  /** Whether something moves that may reach the field. An animation that never ends, as of a spinner, counts only if it moves the field. */
  #isAnimating(): boolean {
    return this.#elements.some((element) =>
      element.ownerDocument.getAnimations().some(({ playState, effect }) => {
        if (playState !== "running" || !effect || !("target" in effect)) return false;
        const around = (effect as KeyframeEffect).target;
        return Number.isFinite(effect.getComputedTiming().endTime) || around?.contains(element) === true;
      }),
    );
  }
}
