import type { Anchor, Suggestion } from "./decide.ts";
import { type Surroundings, typedThrough } from "./fit.ts";

export interface Answer {
  readonly seq: number;
  readonly text: string;
  readonly final: boolean;
  readonly reason?: string | undefined;
}

/** Answers to texts longer ago than this are not waited for. */
const REMEMBERED = 32;

/**
 * What was asked about one field and what came back. It owns the number that tells a new answer from an old one, and holds the
 * one suggestion that may be on the screen.
 */
export class Conversation {
  #asked: Anchor[] = [];
  #seq = 0;
  #held: Suggestion | null = null;

  get held(): Suggestion | null {
    return this.#held;
  }

  /** Whether `text` is what the newest question was about. */
  isAsked(text: Surroundings): boolean {
    const newest = this.#asked.at(-1);
    return newest?.before === text.before && newest.after === text.after;
  }

  ask(text: Surroundings): Anchor {
    this.#seq += 1;
    const anchor = { seq: this.#seq, before: text.before, after: text.after };
    this.#asked = [...this.#asked, anchor].slice(-REMEMBERED);
    return anchor;
  }

  /** Takes an answer in. What is held stays where the answer is older, is about another text, or says nothing about this one. */
  answer(answer: Answer): void {
    const anchor = this.#asked.find((asked) => asked.seq === answer.seq);
    const newest = this.#asked.at(-1);
    if (!anchor || !newest || answer.seq < (this.#held?.anchor.seq ?? 0)) return;
    if (answer.text === "" && !(answer.final && anchor === newest && answer.reason !== "budget")) return;
    if (typedThrough(anchor, answer.text, newest) === null) return;
    this.#held = { anchor, text: answer.text };
  }

  /** The held suggestion is not wanted, and no answer about this text is until another text is asked about. */
  dismiss(): void {
    this.#held = null;
    const newest = this.#asked.at(-1);
    this.#asked = [];
    this.#dismissed = newest ?? null;
  }

  #dismissed: Anchor | null = null;

  /** Whether the user dismissed what was suggested for exactly this text. */
  isDismissed(text: Surroundings): boolean {
    return this.#dismissed?.before === text.before && this.#dismissed.after === text.after;
  }
}
