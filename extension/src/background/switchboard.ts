import type { ToPage, ToWorker } from "../messages.ts";
import { DEFAULTS, isOnAt, LEAST, type Preferences } from "../preferences.ts";
import type { Connection, State } from "../protocol/connection.ts";
import { type ClientFrame, DEFAULT_CONTEXT_CHARS, type ServerFrame, type Welcome } from "../protocol/frames.ts";
import { Unanswered } from "../protocol/unanswered.ts";
import { Outage } from "./outage.ts";

/** One frame of one tab. */
export interface Page {
  post(message: ToPage): void;
}

export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** The clock, in milliseconds. */
  now(): number;
}

/** With no field focused for this long, the connection is let go. */
const IDLE_MS = 45_000;
/** Who has a field open and has not written for this long has gone to lunch: the next key brings everything back. */
const RESTS_AFTER_MS = 300_000;
/** Chrome stops a worker that has had no event for 30 s, and the socket with it. A message counts as one. */
const KEEP_ALIVE_MS = 20_000;
/** A field of this name is never opened. To close it means nothing to the server, and keeps the worker and the way to it alive. */
const NO_FIELD = "keepalive";

/**
 * Joins the fields of all pages to the one connection. A field's name on the wire is the page's number and the name it has there. For
 * each field it keeps the newest text that has no final answer, and sends it again when the server comes back.
 */
export class Switchboard {
  readonly #pages = new Map<number, Page>();
  /** Of each page its host, and those of the pages around it. */
  readonly #hosts = new Map<number, readonly string[]>();
  readonly #focused = new Set<number>();
  readonly #unanswered = new Unanswered();
  readonly #timers: Timers;
  #connection: Connection | null = null;
  #contextChars = DEFAULT_CONTEXT_CHARS;
  #preferences: Preferences = DEFAULTS;
  #isHere = true;
  readonly #outage = new Outage();
  #numbers = 0;
  #timer: unknown = null;
  /** When a field was last entered or written in. */
  #usedAt = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Another server, another token, or none. `isHere`: it is one of this machine. */
  use(connection: Connection | null, isHere = true): void {
    this.#connection?.close();
    this.#isHere = isHere;
    this.#connection = connection;
    if (this.#focused.size > 0) connection?.open();
  }

  /** A page's frame has opened its port. What it gives back takes what comes from there. */
  join(page: Page): { receive(message: ToWorker): void; leave(): void } {
    this.#numbers += 1;
    const number = this.#numbers;
    this.#pages.set(number, page);
    page.post(this.#contextOf(number));
    return { receive: (message) => this.#fromPage(number, message), leave: () => this.#leave(number) };
  }

  /** What a person chose, also while pages are open. */
  prefer(preferences: Preferences): void {
    this.#preferences = preferences;
    this.#tellContext();
  }

  welcome({ contextChars }: Welcome): void {
    this.#contextChars = contextChars;
    this.#tellContext();
    for (const keystroke of this.#unanswered.frames()) this.#send(keystroke);
  }

  /** A person has been told that the server is not there. */
  told(): void {
    this.#outage.told();
  }

  state(state: State): void {
    this.#outage.state(state, this.#timers.now());
    if (state === "refused") this.#unanswered.forget(() => true);
  }

  fromServer(frame: ServerFrame): void {
    if (frame.type === "welcome" || frame.field === null || frame.seq === null) return;
    const [, number, field] = /^(\d+)\.(.*)$/s.exec(frame.field) ?? [];
    if (field === undefined) return;
    this.#unanswered.answer(frame);
    if (frame.type === "error") return;
    const { seq, final, reason, alternatives } = frame;
    const text = frame.confidence < LEAST[this.#preferences.sureness] ? "" : frame.text;
    this.#pages
      .get(Number(number))
      ?.post({ type: "answer", field, answer: { seq, text, final, reason, alternatives } });
  }

  #contextOf(number: number): ToPage {
    const on = this.#isOn(number);
    const { codeToo, fieldsOff, keys, spoken } = this.#preferences;
    return { type: "context", chars: this.#contextChars, codeToo, fieldsOff, on, keys, spoken };
  }

  #isOn(number: number): boolean {
    return isOnAt(this.#preferences, this.#hosts.get(number) ?? [], this.#timers.now());
  }

  #tellContext(): void {
    for (const [number, page] of this.#pages) page.post(this.#contextOf(number));
  }

  #fromPage(number: number, message: ToWorker): void {
    if (message.type === "focused") {
      this.#hosts.set(number, message.hosts);
      this.#pages.get(number)?.post(this.#contextOf(number));
      return this.#focus(number);
    }
    // A page that is to be left alone may not have heard of it yet.
    if (message.type === "keystroke" && !this.#isOn(number)) return;
    if (message.type === "hinted") return this.told();
    const field = `${number}.${message.field}`;
    switch (message.type) {
      case "keystroke": {
        this.#focus(number);
        if (this.#outage.isToTell(this.#timers.now())) {
          this.#pages.get(number)?.post({ type: "hint", isHere: this.#isHere });
        }
        const { seq, before, after, kind, alternatives } = message;
        const asked = { type: "keystroke", field, seq, before, after, kind } as const;
        return this.#send(this.#unanswered.ask(alternatives ? { ...asked, alternatives } : asked));
      }
      case "accepted":
        return this.#send({ type: "accepted", field, seq: message.seq, text: message.text });
      case "dismissed":
        return this.#send({ type: "dismissed", field, seq: message.seq });
      case "left":
        this.#unanswered.forget((asked) => asked === field);
        this.#focused.delete(number);
        this.#send({ type: "close", field });
        this.#watch();
    }
  }

  #focus(number: number): void {
    const isNew = !this.#focused.has(number);
    this.#focused.add(number);
    this.#usedAt = this.#timers.now();
    if (!isNew && this.#timer !== null) return;
    this.#connection?.open();
    this.#watch();
  }

  #leave(number: number): void {
    this.#pages.delete(number);
    this.#hosts.delete(number);
    this.#focused.delete(number);
    this.#unanswered.forget((field) => field.startsWith(`${number}.`));
    this.#watch();
  }

  /** One timer: the next sign of life while somebody writes, the end of the connection when nobody does. */
  #watch(): void {
    this.#timers.clearTimeout(this.#timer);
    const writing = this.#focused.size > 0 && this.#timers.now() - this.#usedAt < RESTS_AFTER_MS;
    this.#timer = this.#timers.setTimeout(
      () => {
        this.#timer = null;
        if (!writing) return this.#connection?.close();
        this.#send({ type: "close", field: NO_FIELD });
        this.#watch();
      },
      writing ? KEEP_ALIVE_MS : IDLE_MS,
    );
  }

  #send(frame: ClientFrame): void {
    this.#connection?.send(frame);
  }
}
