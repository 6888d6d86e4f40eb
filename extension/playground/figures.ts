import type { Source } from "../src/protocol/frames.ts";

export interface Timed {
  readonly ms: number;
  readonly source: Source;
}

/** The page's counts while the user types. A time is from the key to the final answer, as the page sees it. */
export class Figures {
  readonly #answers: Timed[] = [];
  #typed = 0;
  #saved = 0;

  answered(answer: Timed): void {
    this.#answers.push(answer);
  }

  typedKey(): void {
    this.#typed += 1;
  }

  /** `presses` pressed keys wrote `length` characters. `replaced` of them are counted already: they typed the word that was replaced. */
  accepted(length: number, presses: number, replaced = 0): void {
    this.#typed += presses - replaced;
    this.#saved += length - presses;
  }

  /** A text that `accepted` counted was undone. Its pressed keys stay counted. */
  takenBack(length: number, presses: number): void {
    this.#saved -= length - presses;
  }

  /** It was redone. */
  takenAgain(length: number, presses: number): void {
    this.#saved += length - presses;
  }

  get count(): number {
    return this.#answers.length;
  }

  get last(): Timed | null {
    return this.#answers.at(-1) ?? null;
  }

  newest(count: number): readonly Timed[] {
    return this.#answers.slice(-count);
  }

  /** The time within which this share of the answers arrived. Null if there is no answer yet. */
  quantile(share: number): number | null {
    const times = this.#answers.map(({ ms }) => ms).sort((a, b) => a - b);
    return times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? null;
  }

  from(source: Source): number {
    return this.#answers.filter((answer) => answer.source === source).length;
  }

  get saved(): number {
    return this.#saved;
  }

  /** The share of all written characters that needed no key of their own. */
  get savedShare(): number {
    const written = this.#typed + this.#saved;
    return written === 0 ? 0 : this.#saved / written;
  }
}
