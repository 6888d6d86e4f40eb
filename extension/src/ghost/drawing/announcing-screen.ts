import type { Choice, Position } from "../decide.ts";
import type { Placement } from "../placement.ts";
import type { Screen } from "../screen.ts";
import { generated, regenerate } from "./generated.ts";
import { setStyle } from "./set-style.ts";

/** A suggestion is announced only if it stays this long: a user who continues to type is not interrupted. */
const PAUSE_MS = 700;

const UNSEEN: Readonly<Record<string, string>> = {
  all: "initial",
  position: "fixed",
  width: "1px",
  height: "1px",
  overflow: "hidden",
  "clip-path": "inset(50%)",
  // A page can't declare this font, so it can't see for which letters the browser needs it.
  "font-family": "system-ui",
};

/** A screen that also announces suggestions to screen readers, politely, if the user has turned that on. */
export class AnnouncingScreen implements Screen {
  readonly #screen: Screen;
  readonly #isWanted: () => boolean;
  readonly #host = document.createElement("div");
  readonly #region = document.createElement("div");
  /**
   * Two elements that are announced in turn: the one that appears is new to a screen reader. They are hidden instead of removed, because Chromium
   * ends an undo step when any node of the page is removed (findings/undo-steps-end-at-removals.sh).
   */
  readonly #texts: [HTMLElement, HTMLElement] = [generated(""), generated("")];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #text = "";

  constructor(screen: Screen, isWanted: () => boolean) {
    this.#screen = screen;
    this.#isWanted = isWanted;
    for (const [name, value] of Object.entries(UNSEEN)) this.#host.style.setProperty(name, value, "important");
    this.#region.setAttribute("role", "status");
    this.#region.append(...this.#texts);
    this.#hideTexts();
    // The host itself has nothing to scroll, so a page can't measure the text.
    const box = document.createElement("div");
    setStyle(box, { width: "1px", height: "1px", overflow: "hidden" });
    box.append(this.#region);
    this.#host.attachShadow({ mode: "closed" }).append(box);
  }

  show(text: string, position: Position, placement: Placement, choice: Choice | null, spoken?: string): string | null {
    const shown = this.#screen.show(text, position, placement, choice);
    const where = placement.frame?.ownerDocument ?? document;
    if (shown !== null && this.#isWanted()) this.#announce(spoken ?? shown.trim(), where);
    else this.#clear();
    return shown;
  }

  doubt(): void {
    this.#screen.doubt();
  }

  hide(): void {
    this.#screen.hide();
    this.#clear();
  }

  leave(): void {
    this.#screen.leave();
    this.#clear();
    this.#host.remove();
  }

  isStillSeen(): boolean {
    return this.#screen.isStillSeen();
  }

  #announce(text: string, { documentElement }: Document): void {
    if (text === this.#text) return;
    this.#text = text;
    clearTimeout(this.#timer);
    // Screen readers announce a change of a live region, but not the text that it has when it is added. So it is added first.
    if (!this.#host.isConnected) documentElement.append(this.#host);
    this.#timer = setTimeout(() => this.#showText(text), PAUSE_MS);
  }

  #clear(): void {
    if (this.#text === "") return;
    this.#text = "";
    clearTimeout(this.#timer);
    this.#hideTexts();
  }

  #showText(text: string): void {
    this.#texts.reverse();
    const [next, last] = this.#texts;
    setStyle(last, { display: "none" });
    regenerate(next, text);
    setStyle(next, { display: "inline" });
  }

  #hideTexts(): void {
    for (const text of this.#texts) {
      setStyle(text, { display: "none" });
      regenerate(text, "");
    }
  }
}
