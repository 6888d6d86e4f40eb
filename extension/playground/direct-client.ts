import type { Answer, Client, Keystroke } from "../src/ghost/index.ts";
import { DEFAULT_KEYS } from "../src/ghost/keys.ts";
import { Connection, type ConnectionState } from "../src/protocol/connection.ts";
import {
  DEFAULT_CONTEXT_CHARS,
  type ErrorFrame,
  type Source,
  type SuggestionFrame,
  type Welcome,
} from "../src/protocol/frames.ts";
import { noTime, waitWhenOverloaded } from "../src/protocol/overload.ts";
import { type KeystrokeFrame, Unanswered } from "../src/protocol/unanswered.ts";

export interface Observer {
  state(state: ConnectionState): void;
  welcome(welcome: Welcome): void;
  /** Whether the frame answers a keystroke that `send` has sent. */
  takes(frame: SuggestionFrame | ErrorFrame): boolean;
  answered(ms: number, source: Source): void;
  accepted(length: number, presses: number, replaced: number): void;
  takenBack(length: number, presses: number): void;
  takenAgain(length: number, presses: number): void;
}

/** Connects the server's own page to the server by a socket, without the extension. */
export class DirectClient implements Client {
  contextChars = DEFAULT_CONTEXT_CHARS;
  readonly codeToo = false;
  readonly subjectToo = true;
  readonly corrections = true;
  readonly answeredToo = false;
  readonly labelToo = true;
  readonly learn = false;
  readonly fieldsOff = [];
  readonly on = true;
  readonly spoken = false;
  readonly besidePage = false;
  readonly keys = DEFAULT_KEYS;
  readonly #observer: Observer;
  readonly #unanswered = new Unanswered();
  #connection: Connection | null = null;
  #listener: (field: string, answer: Answer) => void = () => {};
  #asked: { readonly seq: number; readonly field: string; readonly at: number } | null = null;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Whether the server has proved that it knows the token, and has accepted this page. */
  get isReady(): boolean {
    return this.#connection?.state === "ready";
  }

  use(socketUrl: string, token: string): void {
    this.#connection?.close();
    this.#connection = new Connection({ socketUrl, token }, "foretype-playground/0.1", {
      state: (state) => this.#observer.state(state),
      welcome: (welcome) => this.#welcome(welcome),
      frame: (frame) => this.#receive(frame),
    });
    this.#connection.open();
  }

  /** Sends a keystroke of a field that is not completed by ghost text. Returns whether it was sent. */
  send(frame: KeystrokeFrame): boolean {
    return this.#connection?.send(frame) ?? false;
  }

  /** This page has no snippets: they are kept in the extension. */
  onSnippet(): void {}

  /** Nothing is announced here. */
  correctionSentence(): string {
    return "";
  }

  onAnswer(listener: (field: string, answer: Answer) => void): void {
    this.#listener = listener;
  }

  onChange(): void {}

  /** A request is kept until it is answered. */
  onForgotten(): void {}

  focused(): void {}

  keystroke(keystroke: Keystroke): void {
    // Kept also while there is no connection yet: it is sent when the server has accepted this page.
    const frame = this.#unanswered.ask({ type: "keystroke", ...keystroke });
    const sent = this.#connection?.send(frame);
    this.#asked = sent ? { seq: keystroke.seq, field: keystroke.field, at: performance.now() } : null;
  }

  accepted(field: string, seq: number, text: string, presses: number, replaced = 0): void {
    this.#connection?.send({ type: "accepted", field, seq, text });
    this.#observer.accepted(text.length, presses, replaced);
  }

  snippetTaken(): void {}

  takenBack(length: number, presses: number): void {
    this.#observer.takenBack(length, presses);
  }

  takenAgain(length: number, presses: number): void {
    this.#observer.takenAgain(length, presses);
  }

  dismissed(field: string, seq: number): void {
    this.#connection?.send({ type: "dismissed", field, seq });
  }

  left(field: string): void {
    this.#unanswered.forget((asked) => asked === field);
    this.#connection?.send({ type: "close", field });
  }

  #welcome(welcome: Welcome): void {
    this.contextChars = welcome.contextChars;
    for (const keystroke of this.#unanswered.frames()) this.#connection?.send(keystroke);
    this.#observer.welcome(welcome);
  }

  #receive(frame: SuggestionFrame | ErrorFrame): void {
    if (this.#observer.takes(frame)) return;
    this.#unanswered.answer(frame);
    if (frame.type === "error") return this.#refused(frame);
    const { field, seq, text, confidence, final, source, reason, alternatives, replaces } = frame;
    if (final && source && this.#asked?.field === field && this.#asked.seq === seq) {
      this.#observer.answered(performance.now() - this.#asked.at, source);
    }
    this.#listener(field, { seq, text, confidence, final, reason, alternatives, replaces });
  }

  #refused(frame: ErrorFrame): void {
    const answer = noTime(frame);
    const { field } = frame;
    if (answer && field !== null) setTimeout(() => this.#listener(field, answer), waitWhenOverloaded());
  }
}
