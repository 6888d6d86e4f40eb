import type { Anchor, Suggestion } from "./decide.ts";
import type { HeldSnippet, SnippetOffer } from "./snippet.ts";
import { type Surroundings, typedThrough } from "./text/fit.ts";

export interface Answer {
  readonly seq: number;
  readonly text: string;
  /** The model's probability, from 0 to 1, that the user types all of `text` next. */
  readonly confidence: number;
  readonly final: boolean;
  readonly reason?: string | undefined;
  /** Other suggestions, if they were requested. */
  readonly alternatives?: readonly string[] | undefined;
  /** The number of characters before the caret in whose place `text` stands: it is a correction. */
  readonly replaces?: number | undefined;
}

/** From the suggestion that is held to the next one, or back to the previous one. */
export type ChoiceOffset = 1 | -1;

/** The number of requests that are remembered. Answers to older requests are ignored. */
const REMEMBERED = 32;

/**
 * The requests about one field and their answers. It owns the sequence number, which tells a new answer from an old one, and holds the one
 * suggestion that may be drawn.
 */
export class Conversation {
  #asked: Anchor[] = [];
  #seq = 0;
  /** The newest request that has its final answer. */
  #answered = 0;
  #held: Suggestion | null = null;
  #snippet: HeldSnippet | null = null;
  /** All suggestions for the newest text, in the order in which the user steps through them. */
  #choices: readonly string[] = [];
  /** The request for other suggestions, and which of them to hold when they arrive. */
  #choosing: { readonly seq: number; readonly offset: ChoiceOffset; readonly isSeen: boolean } | null = null;
  /** The text whose suggestion the user dismissed last. */
  #dismissed: Surroundings | null = null;

  get held(): Suggestion | null {
    return this.#held;
  }

  /** The snippet that was offered last. It may no longer fit the text. */
  get snippet(): HeldSnippet | null {
    return this.#snippet;
  }

  /** Whether an answer to this request still counts. */
  knows(seq: number): boolean {
    return this.#asked.some((asked) => asked.seq === seq);
  }

  /** Whether it is the newest request, apart from one for other suggestions. */
  isNewest(seq: number): boolean {
    return this.#asked.at(-1)?.seq === seq && seq !== this.#choosing?.seq;
  }

  /** Whether the newest request has no final answer yet. */
  get isWaiting(): boolean {
    return (this.#asked.at(-1)?.seq ?? 0) > this.#answered;
  }

  /** Whether the newest request was about `text`. */
  isAsked(text: Surroundings): boolean {
    const newest = this.#asked.at(-1);
    return newest?.before === text.before && newest.after === text.after;
  }

  ask(text: Surroundings): Anchor {
    this.#seq += 1;
    const anchor = { seq: this.#seq, before: text.before, after: text.after };
    this.#asked = [...this.#asked, anchor].slice(-REMEMBERED);
    this.#choices = [];
    this.#choosing = null;
    return anchor;
  }

  /**
   * Steps to another suggestion. If no others are known, it returns the request that has to be sent for them. `isSeen`: the user sees the held
   * suggestion now, and not a snippet or a correction.
   */
  choose(text: Surroundings, offset: ChoiceOffset, isSeen = true): Anchor | null {
    if (this.#choices.length > 0) {
      this.#holdChoice(offset);
      return null;
    }
    if (this.#choosing) return null;
    const anchor = this.ask(text);
    this.#snippet = null;
    this.#choosing = { seq: anchor.seq, offset, isSeen };
    return anchor;
  }

  /** Takes an answer. The held suggestion stays if the answer is older, is about another text, or says nothing about this text. */
  answer(answer: Answer): void {
    if (answer.final) this.#answered = Math.max(this.#answered, answer.seq);
    const anchor = this.#asked.find((asked) => asked.seq === answer.seq);
    const newest = this.#asked.at(-1);
    if (!anchor || !newest || answer.seq < (this.#held?.anchor.seq ?? 0)) return;
    if (answer.seq === this.#choosing?.seq) return this.#takeChoices(answer, newest, this.#choosing);
    if (this.#isChosen(newest)) return;
    if (answer.text === "" && !(answer.final && anchor === newest && answer.reason !== "budget")) return;
    if (typedThrough(anchor, answer.replaces ? "" : answer.text, newest) === null) return;
    const { text, confidence, replaces } = answer;
    this.#held = { anchor, text, confidence, ...(replaces ? { replaces } : {}) };
  }

  /** Takes an offer. If the user has asked for other suggestions instead, it is ignored. */
  offer(offer: SnippetOffer): void {
    const anchor = this.#asked.find((asked) => asked.seq === offer.seq);
    if (anchor && offer.seq !== this.#choosing?.seq) this.#snippet = { ...offer, anchor };
  }

  /**
   * The held suggestion becomes the first choice, so that one step shows another suggestion. If the user has not seen it, a step forwards shows
   * the first choice.
   */
  #takeChoices(
    { text, confidence, alternatives = [], final }: Answer,
    newest: Anchor,
    { offset, isSeen }: { readonly offset: ChoiceOffset; readonly isSeen: boolean },
  ): void {
    if (!final) return;
    const held = this.#held?.replaces ? null : this.#held;
    const typed = held && typedThrough(held.anchor, held.text, newest);
    const shown = held && typed !== null ? held.text.slice(typed) : "";
    this.#choices = [...new Set([shown, text, ...alternatives])].filter((choice) => choice.trim() !== "");
    this.#choosing = null;
    if (this.#choices.length === 0) return;
    const choice = { number: 1, of: this.#choices.length };
    this.#held = { anchor: newest, text: this.#choices[0] ?? "", confidence, choice };
    if (isSeen || offset < 0) this.#holdChoice(offset);
  }

  #holdChoice(offset: ChoiceOffset): void {
    const newest = this.#asked.at(-1);
    if (!newest || !this.#held?.choice) return;
    const count = this.#choices.length;
    const index = (this.#held.choice.number - 1 + offset + count) % count;
    const choice = { number: index + 1, of: count };
    this.#held = { ...this.#held, anchor: newest, text: this.#choices[index] ?? "", choice };
  }

  /** A suggestion that the user chose stays until all of it is typed, or something else is typed. */
  #isChosen(newest: Anchor): boolean {
    if (!this.#held?.choice || this.#held.choice.number === 1) return false;
    const typed = typedThrough(this.#held.anchor, this.#held.text, newest);
    return typed !== null && typed < this.#held.text.length;
  }

  /** Drops the held suggestion, and ignores the answers to all requests so far. */
  startOver(): void {
    this.#held = null;
    this.#snippet = null;
    this.#asked = [];
    this.#dismissed = null;
  }

  /** The same, and remembers for which text, by default the newest one: there is no new request about it. */
  dismiss(text: Surroundings | null = this.#asked.at(-1) ?? null): void {
    this.startOver();
    this.#dismissed = text;
  }

  /** Whether the user dismissed the suggestion for exactly this text. */
  isDismissed(text: Surroundings): boolean {
    return this.#dismissed?.before === text.before && this.#dismissed.after === text.after;
  }
}
