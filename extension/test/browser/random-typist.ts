import { nextWord } from "../../src/ghost/text/words.ts";

/** A sequence of numbers in [0, 1), always the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const SENTENCES = [
  "Thanks for the quick response, and see you on Friday",
  "Please let me know if you have any questions",
  "See you soon",
  "I hope this helps; it's well-known that half-done is done",
] as const;

/** The text of the clipboard. */
export const PASTED = "and so on";

/** An opened editor, with the caret in it, in any browser. */
export interface Typewriter {
  type(text: string): Promise<void>;
  /** A key, or a key with others that are held, as in `Control+z`. */
  press(key: string): Promise<void>;
  /** What is written in the editor. */
  text(): Promise<string>;
  /** The ghost text. Null if nothing is drawn. */
  ghost(): Promise<string | null>;
  /** The focus leaves the editor. */
  leave(): Promise<void>;
  focus(): Promise<void>;
  /** Deletes the whole text. */
  clear(): Promise<void>;
  redo(): Promise<void>;
  /** Waits until the editor has noticed that the browser moved the caret. */
  settle(): Promise<void>;
  /** Reads a value again and again, for some seconds, until it is as expected. */
  eventually(read: () => Promise<unknown>, message: string): { toBe(expected: unknown): Promise<unknown> };
}

/**
 * A user who does random steps, and a model of the result: the `text` and the `caret` that the field must have. The field is compared with the
 * model. Only one thing is not known in advance: whether ghost text was drawn in time. If a key may have accepted it, two texts are right.
 */
export class RandomTypist {
  readonly #opened: Typewriter;
  readonly #seed: number;
  readonly #random: () => number;
  readonly #multiline: boolean;
  #text = "";
  #caret = 0;
  readonly #done: string[] = [];

  constructor(opened: Typewriter, seed: number, multiline: boolean) {
    this.#opened = opened;
    this.#seed = seed;
    this.#random = randomFrom(seed);
    this.#multiline = multiline;
  }

  /** The seed and the last steps, to explain a failure. */
  get done(): string {
    return `FORETYPE_SEED=${this.#seed}, step ${this.#done.length}: ${this.#done.slice(-12).join(", ")}`;
  }

  async act(): Promise<void> {
    // If the line is no beginning of a known sentence, there are no suggestions. Then a new line is begun soon.
    const isUnknown = this.#line !== "" && this.#suggestion === "";
    if (isUnknown && this.#random() < 0.3) return this.#beginAnew();
    const [, act] = this.#pick(
      [0.58, () => this.#type(this.#nextLetter())],
      [0.06, () => this.#type(this.#pick([1, "x"], [1, " "], [1, "é"])[1])],
      [0.07, () => this.#backspace()],
      [0.05, () => this.#move("ArrowLeft")],
      [0.05, () => this.#move("ArrowRight")],
      [0.09, () => this.#take()],
      [0.03, () => this.#dismiss()],
      [0.03, () => this.#paste()],
      [0.02, () => this.#leaveAndComeBack()],
    );
    await act();
  }

  /** Checks that the field has the text of the model, and that ghost text is what the server suggests. */
  async check(): Promise<void> {
    await this.#expectText();
    // If it stays wrong, the report of the test contains it.
    const wrong = async () => {
      const ghost = await this.#opened.ghost();
      return this.#isRight(ghost) ? "nothing" : ghost;
    };
    await this.#opened.eventually(wrong, this.done).toBe("nothing");
  }

  async #expectText(): Promise<void> {
    await this.#opened.eventually(() => this.#opened.text(), this.done).toBe(this.#text);
  }

  async #expectNoGhost(): Promise<void> {
    await this.#opened.eventually(() => this.#opened.ghost(), this.done).toBe(null);
  }

  /** If text follows the caret, ghost text is a label under the line. It does not show the space before its first word, which Tab inserts. */
  #isRight(ghost: string | null): boolean {
    const isLabel = /^[^\n]/.test(this.#text.slice(this.#caret));
    return ghost === null || ghost === this.#suggestion || (isLabel && ghost === this.#suggestion.trimStart());
  }

  async end(): Promise<void> {
    await this.check();
    await this.#opened.leave();
    await this.#expectNoGhost();
  }

  #pick<Choice extends readonly [number, unknown]>(...choices: Choice[]): Choice {
    let left = this.#random() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const choice of choices) {
      left -= choice[0];
      if (left < 0) return choice;
    }
    return choices[0] as Choice;
  }

  get #line(): string {
    const before = this.#text.slice(0, this.#caret);
    return before.slice(before.lastIndexOf("\n") + 1);
  }

  /** The server's suggestion for the current text. */
  get #suggestion(): string {
    const line = this.#line;
    return (line === "" ? undefined : SENTENCES.find((one) => one.startsWith(line)))?.slice(line.length) ?? "";
  }

  #nextLetter(): string {
    const line = this.#line;
    const known = line === "" ? SENTENCES[Math.floor(this.#random() * SENTENCES.length)] : undefined;
    return (known ?? this.#suggestion)[0] ?? "e";
  }

  async #press(key: string): Promise<void> {
    this.#done.push(key);
    await this.#opened.press(key);
  }

  async #type(letter: string): Promise<void> {
    // Some editors replace one of several spaces by another character. That is not tested here.
    if (letter === " " && (this.#caret === 0 || /\s/.test(this.#text[this.#caret - 1] ?? ""))) return;
    if (letter === " " && /^\s/.test(this.#text.slice(this.#caret))) return;
    this.#done.push(letter);
    await this.#opened.type(letter);
    this.#insert(letter);
  }

  #insert(text: string): void {
    this.#text = this.#text.slice(0, this.#caret) + text + this.#text.slice(this.#caret);
    this.#caret += text.length;
  }

  async #backspace(): Promise<void> {
    if (this.#caret === 0 || this.#text[this.#caret - 1] === "\n" || /\s/.test(this.#text[this.#caret] ?? "")) return;
    await this.#press("Backspace");
    this.#text = this.#text.slice(0, this.#caret - 1) + this.#text.slice(this.#caret);
    this.#caret -= 1;
  }

  async #move(key: "ArrowLeft" | "ArrowRight"): Promise<void> {
    await this.check();
    await this.#press(key);
    await this.#opened.settle();
    if (key === "ArrowLeft") this.#caret = Math.max(0, this.#caret - 1);
    else if ((await this.#opened.text()) !== this.#text) this.#insert(this.#suggestion);
    else this.#caret = Math.min(this.#text.length, this.#caret + 1);
    await this.check();
  }

  /** Accepts one to three words by Tab. Sometimes it undoes and redoes the last one. */
  async #take(): Promise<void> {
    // A user sees at least one frame before accepting. An editor without an event for a deletion is noticed in the next frame.
    await this.#opened.settle();
    await this.check();
    if ((await this.#opened.ghost()) === null) return;
    const was = { text: this.#text, caret: this.#caret };
    const words = 1 + Math.floor(this.#random() * 3);
    for (let word = 0; word < words && this.#suggestion !== "" && !this.#isInsideWord; word++) {
      was.text = this.#text;
      was.caret = this.#caret;
      await this.#press("Tab");
      this.#insert(nextWord(this.#suggestion));
    }
    await this.check();
    if (this.#random() < 0.3) await this.#undoAndRedo(was);
  }

  /** If a letter follows the caret, there is no suggestion, and Tab goes to the page. */
  get #isInsideWord(): boolean {
    return /[\p{L}\p{N}\p{M}_]/u.test(this.#text[this.#caret] ?? "");
  }

  async #undoAndRedo(was: { readonly text: string; readonly caret: number }): Promise<void> {
    const now = this.#text;
    await this.#press("Control+z");
    this.#text = was.text;
    this.#caret = was.caret;
    await this.#expectText();
    this.#done.push("redo");
    await this.#opened.redo();
    this.#text = now;
    await this.#toEnd();
    await this.check();
  }

  async #dismiss(): Promise<void> {
    await this.check();
    if ((await this.#opened.ghost()) === null) return;
    await this.#press("Escape");
    await this.#expectNoGhost();
    await this.check();
  }

  /** Begins another line, or deletes the whole text. */
  async #beginAnew(): Promise<void> {
    if (this.#multiline && this.#caret === this.#text.length && this.#text.length < 400) {
      await this.#press("Enter");
      return this.#insert("\n");
    }
    await this.#opened.clear();
    this.#text = "";
    this.#caret = 0;
    this.#done.push("clear");
  }

  async #paste(): Promise<void> {
    if (this.#caret === 0 || this.#caret < this.#text.length || /\s$/.test(this.#text)) return;
    await this.#type(" ");
    await this.#press("Control+v");
    this.#insert(PASTED);
    await this.check();
  }

  async #leaveAndComeBack(): Promise<void> {
    await this.check();
    await this.#opened.leave();
    await this.#expectNoGhost();
    await this.#opened.focus();
    await this.#toEnd();
  }

  async #toEnd(): Promise<void> {
    await this.#press("Control+End");
    await this.#opened.settle();
    this.#caret = this.#text.length;
  }
}
