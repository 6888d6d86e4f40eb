import type { ToPage, ToWorker } from "../messages.ts";
import { DEFAULTS, isOnAt, isPaused, LEAST, type Preferences } from "../preferences.ts";
import type { Connection, State } from "../protocol/connection.ts";
import { type ClientFrame, DEFAULT_CONTEXT_CHARS, type ServerFrame, type Welcome } from "../protocol/frames.ts";
import { type KeystrokeFrame, Unanswered } from "../protocol/unanswered.ts";
import { Outage } from "./outage.ts";

/** One frame of one tab. */
export interface Page {
  post(message: ToPage): void;
  /** Of the tab that it is in, as far as the browser tells. */
  readonly hosts?: readonly string[];
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
/** A server answers within its budget, or says why not. One that has said nothing for so long can't be reached, though nobody says so. */
const SILENT_MS = 5_000;
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
  /** Null until they have been read: nothing goes to the server before. */
  #preferences: Preferences | null = null;
  /** Since when the server has not answered what it was sent; null where it has. */
  #silentSince: number | null = null;
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
    return { receive: (message) => this.#fromPage(number, message), leave: () => this.#leave(number) };
  }

  /** What a person chose, also while pages are open. */
  prefer(preferences: Preferences): void {
    const isFirst = this.#preferences === null;
    this.#preferences = preferences;
    this.#tellContext();
    this.#unanswered.forget((field) => !this.#isOn(pageOf(field)));
    if (isFirst) this.#askAgain();
  }

  welcome({ contextChars }: Welcome): void {
    this.#contextChars = contextChars;
    this.#tellContext();
    this.#askAgain();
  }

  /** A person has been told that the server is not there. */
  told(): void {
    this.#outage.told();
  }

  state(state: State): void {
    this.#silentSince = null;
    this.#outage.state(state, this.#timers.now());
    if (state === "refused") this.#unanswered.forget(() => true);
  }

  fromServer(frame: ServerFrame): void {
    this.#silentSince = null;
    if (frame.type === "welcome" || frame.field === null || frame.seq === null) return;
    const [, number, field] = /^(\d+)\.(.*)$/s.exec(frame.field) ?? [];
    if (field === undefined) return;
    this.#unanswered.answer(frame);
    if (frame.type === "error") return;
    const { seq, final, reason, alternatives } = frame;
    const text = frame.confidence < LEAST[(this.#preferences ?? DEFAULTS).sureness] ? "" : frame.text;
    this.#pages
      .get(Number(number))
      ?.post({ type: "answer", field, answer: { seq, text, final, reason, alternatives } });
  }

  #isOn(number: number): boolean {
    const preferences = this.#preferences ?? DEFAULTS;
    return !isPaused(preferences, this.#timers.now()) && isOnAt(preferences, this.#hostsOf(number));
  }

  /** Its tab's, its own, and those of the pages around it, as far as the browser tells. */
  #hostsOf(number: number): readonly string[] {
    return [...(this.#pages.get(number)?.hosts ?? []), ...(this.#hosts.get(number) ?? [])];
  }

  #tellContext(): void {
    for (const number of this.#pages.keys()) this.#tellContextTo(number);
  }

  /** Where it is not known yet how a person wants it, nor where that page is, there is nothing to tell. */
  #tellContextTo(number: number): void {
    if (!this.#preferences || !this.#hosts.has(number)) return;
    const { codeToo, fieldsOff, keys, spoken, pausedUntil } = this.#preferences;
    const on = isOnAt(this.#preferences, this.#hostsOf(number));
    this.#pages
      .get(number)
      ?.post({ type: "context", chars: this.#contextChars, codeToo, fieldsOff, on, pausedUntil, keys, spoken });
  }

  #fromPage(number: number, message: ToWorker): void {
    if (message.type === "focused") {
      this.#hosts.set(number, message.hosts);
      this.#tellContextTo(number);
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
        this.#doubtSilence();
        return this.#ask(this.#unanswered.ask(alternatives ? { ...asked, alternatives } : asked));
      }
      case "accepted":
        this.#send({ type: "accepted", field, seq: message.seq, text: message.text });
        break;
      case "dismissed":
        this.#send({ type: "dismissed", field, seq: message.seq });
        break;
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
    this.#unanswered.forget((field) => pageOf(field) === number);
    this.#watch();
  }

  /** One timer: the next sign of life while somebody writes, the end of the connection when nobody does. */
  #watch(): void {
    this.#timers.clearTimeout(this.#timer);
    const wasWriting = this.#isWriting();
    this.#timer = this.#timers.setTimeout(
      () => {
        this.#timer = null;
        // Who has begun again meanwhile keeps the connection.
        if (!wasWriting && !this.#isWriting()) return this.#connection?.close();
        this.#doubtSilence();
        this.#send({ type: "close", field: NO_FIELD });
        this.#watch();
      },
      wasWriting ? KEEP_ALIVE_MS : IDLE_MS,
    );
  }

  #isWriting(): boolean {
    return this.#focused.size > 0 && this.#timers.now() - this.#usedAt < RESTS_AFTER_MS;
  }

  /** A way that is dead at its other end tells nobody: a laptop that has slept, a network that has changed. */
  #doubtSilence(): void {
    if (this.#unanswered.frames().length === 0) this.#silentSince = null;
    if (this.#silentSince !== null && this.#timers.now() - this.#silentSince >= SILENT_MS) this.#connection?.doubt();
  }

  #askAgain(): void {
    for (const keystroke of this.#unanswered.frames()) this.#ask(keystroke);
  }

  #ask(keystroke: KeystrokeFrame): void {
    if (this.#preferences && this.#send(keystroke)) this.#silentSince ??= this.#timers.now();
  }

  #send(frame: ClientFrame): boolean {
    return this.#connection?.send(frame) ?? false;
  }
}

/** The page whose field that is, on the wire. */
const pageOf = (field: string): number => Number.parseInt(field, 10);
