import type { Choice } from "./decide.ts";
import type { Place } from "./place.ts";
import type { Screen } from "./typist.ts";

/** Who types on is not spoken to: only what stands for this long is said. */
const PAUSE_MS = 700;

const UNSEEN: Readonly<Record<string, string>> = {
  all: "initial",
  position: "fixed",
  width: "1px",
  height: "1px",
  overflow: "hidden",
  "clip-path": "inset(50%)",
};

/** A screen that also tells screen readers what it shows, politely, where a person wants that. */
export class SpeakingScreen implements Screen {
  readonly #screen: Screen;
  readonly #isWanted: () => boolean;
  readonly #host = document.createElement("div");
  readonly #region = document.createElement("div");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #text = "";

  constructor(screen: Screen, isWanted: () => boolean) {
    this.#screen = screen;
    this.#isWanted = isWanted;
    for (const [name, value] of Object.entries(UNSEEN)) this.#host.style.setProperty(name, value, "important");
    this.#region.setAttribute("role", "status");
    this.#host.attachShadow({ mode: "closed" }).append(this.#region);
  }

  show(text: string, position: "inline" | "below", place: Place, choice: Choice | null): boolean {
    const shown = this.#screen.show(text, position, place, choice);
    if (shown && this.#isWanted()) this.#say(text.trim());
    else this.#fallSilent();
    return shown;
  }

  hide(): void {
    this.#screen.hide();
    this.#fallSilent();
  }

  isStillSeen(): boolean {
    return this.#screen.isStillSeen();
  }

  #say(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    clearTimeout(this.#timer);
    // The region stands there before its text does: what comes along with it is not read out.
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    this.#timer = setTimeout(() => {
      this.#region.textContent = text;
    }, PAUSE_MS);
  }

  #fallSilent(): void {
    if (this.#text === "") return;
    this.#text = "";
    clearTimeout(this.#timer);
    this.#region.textContent = "";
    this.#host.remove();
  }
}
