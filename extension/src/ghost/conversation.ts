import type { Anchor, Suggestion } from "./decide.ts";
import { type Surroundings, typedThrough } from "./fit.ts";

export interface Answer {
  readonly seq: number;
  readonly text: string;
  readonly final: boolean;
  readonly reason?: string | undefined;
  /** Other ways to go on, where they were asked for. */
  readonly alternatives?: readonly string[] | undefined;
}

/** To the next way to go on, or back to the one before. */
export type Step = 1 | -1;

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
  /** All ways to go on from the newest text, in the order in which one steps through them. */
  #ways: readonly string[] = [];
  /** The question that asked for other ways, and which way to step when they come. */
  #choosing: { readonly seq: number; readonly step: Step } | null = null;

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
    this.#ways = [];
    this.#choosing = null;
    return anchor;
  }

  /** Steps through the ways that are known; asks for them where none are. What it gives back is to be asked. */
  choose(text: Surroundings, step: Step): Anchor | null {
    if (this.#ways.length > 0) {
      this.#step(step);
      return null;
    }
    if (this.#choosing) return null;
    const anchor = this.ask(text);
    this.#choosing = { seq: anchor.seq, step };
    return anchor;
  }

  /** Takes an answer in. What is held stays where the answer is older, is about another text, or says nothing about this one. */
  answer(answer: Answer): void {
    const anchor = this.#asked.find((asked) => asked.seq === answer.seq);
    const newest = this.#asked.at(-1);
    if (!anchor || !newest || answer.seq < (this.#held?.anchor.seq ?? 0)) return;
    if (answer.seq === this.#choosing?.seq) return this.#offer(answer, newest, this.#choosing.step);
    if (this.#isChosen(newest)) return;
    if (answer.text === "" && !(answer.final && anchor === newest && answer.reason !== "budget")) return;
    if (typedThrough(anchor, answer.text, newest) === null) return;
    this.#held = { anchor, text: answer.text };
  }

  /** What is held comes first, so that stepping on from it shows another. */
  #offer({ text, alternatives = [], final }: Answer, newest: Anchor, step: Step): void {
    if (!final) return;
    const typed = this.#held && typedThrough(this.#held.anchor, this.#held.text, newest);
    const shown = this.#held && typed !== null ? this.#held.text.slice(typed) : "";
    this.#ways = [...new Set([shown, text, ...alternatives])].filter((way) => way.trim() !== "");
    this.#choosing = null;
    if (this.#ways.length === 0) return;
    this.#held = { anchor: newest, text: this.#ways[0] ?? "", choice: { number: 1, of: this.#ways.length } };
    this.#step(step);
  }

  #step(step: Step): void {
    const newest = this.#asked.at(-1);
    if (!newest || !this.#held?.choice) return;
    const count = this.#ways.length;
    const index = (this.#held.choice.number - 1 + step + count) % count;
    this.#held = { anchor: newest, text: this.#ways[index] ?? "", choice: { number: index + 1, of: count } };
  }

  /** What a person chose among several stays until it is used up or something else is typed. */
  #isChosen(newest: Anchor): boolean {
    if (!this.#held?.choice || this.#held.choice.number === 1) return false;
    const typed = typedThrough(this.#held.anchor, this.#held.text, newest);
    return typed !== null && typed < this.#held.text.length;
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
