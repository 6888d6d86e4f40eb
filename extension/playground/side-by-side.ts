import type { ErrorFrame, Source, SuggestionFrame } from "../src/protocol/frames.ts";
import type { KeystrokeFrame } from "../src/protocol/unanswered.ts";
import { Figures } from "./figures.ts";

/** A text, and the caret in it. */
export interface Place {
  readonly before: string;
  readonly after: string;
}

/** A model's answer to the newest text. */
export interface Said {
  /** Empty if the model suggests nothing. */
  readonly text: string;
  readonly confidence: number;
  /** From the request to the final answer, as the page sees it. */
  readonly ms: number;
  readonly source: Source | null;
  /** Why there is no text: a reason or an error code of the protocol. */
  readonly reason: string;
}

export interface Column {
  readonly model: string;
  /** Null until the model has answered the newest text. */
  readonly said: Said | null;
  readonly figures: Figures;
}

interface State {
  readonly model: string;
  readonly field: string;
  readonly figures: Figures;
  /** The number of the newest text that the model was asked about. */
  asked: number;
  said: Said | null;
}

const FIELD = "side by side ";

/**
 * Asks several models about the same text, one after the other: if they were asked at once, each model's time would contain the time of those
 * before it. The model that is asked first takes turns, because the server may still compute ahead with one model when the next one is asked.
 */
export class SideBySide {
  readonly #send: (frame: KeystrokeFrame) => boolean;
  readonly #show: (columns: readonly Column[]) => void;
  readonly #now: () => number;
  #states: State[] = [];
  #place: Place = { before: "", after: "" };
  /** The number of the newest text. It is the `seq` of its keystrokes. */
  #newest = 0;
  #waiting: { readonly state: State; readonly seq: number; readonly at: number } | null = null;

  /** `send` returns whether the frame was sent. */
  constructor(
    send: (frame: KeystrokeFrame) => boolean,
    show: (columns: readonly Column[]) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#send = send;
    this.#show = show;
    this.#now = now;
  }

  /**
   * A connection has begun to a server with these models. With a single one there is nothing to compare, and it is not asked. Figures of models
   * that were served before are kept.
   */
  connected(models: readonly string[]): void {
    const known = new Map(this.#states.map((state) => [state.model, state]));
    this.#states = (models.length > 1 ? models : []).map((model, number) => ({
      model,
      field: `${FIELD}${number}`,
      figures: known.get(model)?.figures ?? new Figures(),
      asked: 0,
      said: null,
    }));
    this.#waiting = null;
    this.#changed();
  }

  /** The text or the caret has changed. */
  typed(place: Place): void {
    if (place.before === this.#place.before && place.after === this.#place.after) return;
    this.#place = place;
    this.#changed();
  }

  /** Whether the frame belongs to this comparison; then it was taken. */
  take(frame: SuggestionFrame | ErrorFrame): boolean {
    if (frame.field === null || !frame.field.startsWith(FIELD)) return false;
    const waiting = this.#waiting;
    if (waiting === null || waiting.state.field !== frame.field || waiting.seq !== frame.seq) return true;
    if (frame.type === "suggestion" && !frame.final) return true;
    this.#waiting = null;
    this.#answered(waiting.state, waiting.seq, this.#now() - waiting.at, frame);
    this.#ask();
    return true;
  }

  #changed(): void {
    this.#newest += 1;
    for (const state of this.#states) state.said = null;
    this.#show(this.#states);
    if (this.#waiting === null) this.#ask();
  }

  #answered(state: State, seq: number, ms: number, frame: SuggestionFrame | ErrorFrame): void {
    const source = frame.type === "suggestion" ? frame.source : null;
    if (source !== null) state.figures.answered({ ms, source });
    if (seq !== this.#newest) return;
    state.said =
      frame.type === "suggestion"
        ? { text: frame.text, confidence: frame.confidence, ms, source, reason: frame.reason ?? "" }
        : { text: "", confidence: 0, ms, source, reason: frame.code };
    this.#show(this.#states);
  }

  /** Asks the model that was asked longest ago, if it was not asked about the newest text. */
  #ask(): void {
    const count = this.#states.length;
    const inTurn = this.#states.map((_, number) => this.#states[(number + this.#newest) % count] as State);
    const [next] = inTurn.filter(({ asked }) => asked < this.#newest).sort((one, other) => one.asked - other.asked);
    if (next === undefined) return;
    const { field, model } = next;
    const at = this.#now();
    if (!this.#send({ type: "keystroke", field, seq: this.#newest, ...this.#place, model })) return;
    next.asked = this.#newest;
    this.#waiting = { state: next, seq: this.#newest, at };
  }
}
