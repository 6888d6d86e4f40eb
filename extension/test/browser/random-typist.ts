import { nextWord } from "../../src/ghost/text/words.ts";
import type { Opened } from "./editor-pages.ts";
import { expect } from "./fixtures.ts";

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

const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 3000 };
const PASTED = "and so on ";

/**
 * A user who does random steps, and a model of the result: the `text` and the `caret` that the field must have. The field is compared with the
 * model. Only one thing is not known in advance: whether ghost text was drawn in time. If a key may have accepted it, two texts are right.
 */
export class RandomTypist {
  readonly #opened: Opened;
  readonly #random: () => number;
  readonly #multiline: boolean;
  #text = "";
  #caret = 0;
  readonly #done: string[] = [];

  constructor(opened: Opened, seed: number, multiline: boolean) {
    this.#opened = opened;
    this.#random = randomFrom(seed);
    this.#multiline = multiline;
  }

  /** The last steps, to explain a failure. */
  get done(): string {
    return this.#done.slice(-12).join(", ");
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
    await expect.poll(() => this.#opened.text(), { ...SOON, message: this.done }).toBe(this.#text);
    await expect
      .poll(async () => this.#isRight(await this.#opened.ghost.text()), {
        ...SOON,
        message: this.done,
      })
      .toBe(true);
  }

  /** If text follows the caret, ghost text is a label under the line. It does not show the space before its first word, which Tab inserts. */
  #isRight(ghost: string | null): boolean {
    const isLabel = /^[^\n]/.test(this.#text.slice(this.#caret));
    return ghost === null || ghost === this.#suggestion || (isLabel && ghost === this.#suggestion.trimStart());
  }

  async end(): Promise<void> {
    await this.check();
    await this.#opened.leave();
    await this.#opened.ghost.expectText(null);
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
    await this.#opened.page.keyboard.press(key);
  }

  async #type(letter: string): Promise<void> {
    // Some editors replace one of several spaces by another character. That is not tested here.
    if (letter === " " && (this.#caret === 0 || /\s/.test(this.#text[this.#caret - 1] ?? ""))) return;
    if (letter === " " && /^\s/.test(this.#text.slice(this.#caret))) return;
    this.#done.push(letter);
    await this.#opened.page.keyboard.type(letter);
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
    const { text } = this.#opened;
    await this.#press(key);
    await this.#opened.settle();
    if (key === "ArrowLeft") this.#caret = Math.max(0, this.#caret - 1);
    else if ((await text.call(this.#opened)) !== this.#text) this.#insert(this.#suggestion);
    else this.#caret = Math.min(this.#text.length, this.#caret + 1);
    await this.check();
  }

  /** Accepts one to three words by Tab. Sometimes it undoes and redoes the last one. */
  async #take(): Promise<void> {
    // A user sees at least one frame before accepting. An editor without an event for a deletion is noticed in the next frame.
    await this.#opened.settle();
    await this.check();
    if ((await this.#opened.ghost.text()) === null) return;
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
    await expect.poll(() => this.#opened.text(), { ...SOON, message: this.done }).toBe(this.#text);
    this.#done.push("redo");
    await this.#opened.redo();
    this.#text = now;
    await this.#toEnd();
    await this.check();
  }

  async #dismiss(): Promise<void> {
    await this.check();
    if ((await this.#opened.ghost.text()) === null) return;
    await this.#press("Escape");
    await this.#opened.ghost.expectText(null);
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
    this.#insert(PASTED.trimEnd());
    await this.check();
  }

  async #leaveAndComeBack(): Promise<void> {
    await this.check();
    await this.#opened.leave();
    await this.#opened.ghost.expectText(null);
    await this.#opened.focus();
    await this.#toEnd();
  }

  async #toEnd(): Promise<void> {
    await this.#press("Control+End");
    await this.#opened.settle();
    this.#caret = this.#text.length;
  }

  static async fillClipboard(opened: Opened): Promise<void> {
    await opened.page.evaluate((text) => navigator.clipboard.writeText(text), PASTED.trimEnd());
  }
}
