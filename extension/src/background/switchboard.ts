import type { Answer } from "../ghost/index.ts";
import { type ToPage, type ToWorker, UNUSED_AFTER_MS } from "../messages.ts";
import { amountAt, DEFAULTS, isBesidePageAt, isOnAt, isPaused, type Preferences } from "../preferences.ts";
import type { Connection, ConnectionState } from "../protocol/connection.ts";
import {
  type ClientFrame,
  DEFAULT_CONTEXT_CHARS,
  type ErrorFrame,
  type SuggestionFrame,
  type Welcome,
} from "../protocol/frames.ts";
import { noTime, waitWhenOverloaded } from "../protocol/overload.ts";
import { type KeystrokeFrame, Unanswered } from "../protocol/unanswered.ts";
import { Outage } from "./outage.ts";

/** One frame of one tab. */
export interface Page {
  post(message: ToPage): void;
  /** The hosts of the tab that contains it, as far as the browser tells. */
  readonly hosts?: readonly string[];
  /** Whether the server may learn its text: not in a private window, and not on the extension's own pages. */
  readonly mayBeLearnt?: boolean;
}

export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** The time in milliseconds since 1970. */
  now(): number;
}

/** If no field has the focus for this long, the connection is closed. */
const IDLE_MS = 45_000;
/** Chrome stops a service worker, and its socket, after 30 s without an event. Sending a message counts as an event. */
const KEEP_ALIVE_MS = 20_000;
/** A reachable server answers within its time budget, or says why not. After this long without an answer it counts as unreachable. */
const SILENT_MS = 5_000;
/** A user who pressed a key within this time is assumed to be typing. The server has the same time, in shedding.py. */
const TYPING_MS = 10_000;
/** A field of this name is never opened. Closing it means nothing to the server, but keeps the worker and the connection alive. */
const NO_FIELD = "keepalive";

/**
 * Connects the fields of all pages to one shared connection. The name of a field on the wire is the page's number and the field's name in
 * that page. For each field it keeps the newest text without a final answer, and sends it again when the server is reachable again. The text
 * that is being typed is sent again in any case: the server may be another one, which reads it before the next key.
 */
export class Switchboard {
  readonly #pages = new Map<number, Page>();
  /** For each page, its host and those of the pages around it. */
  readonly #hosts = new Map<number, readonly string[]>();
  readonly #focused = new Set<number>();
  readonly #unanswered = new Unanswered();
  /** The last keystroke of all fields, and the time at which it was pressed. Null if its field was left. */
  #last: { readonly frame: KeystrokeFrame; readonly at: number } | null = null;
  /** The keystroke that was sent again although it was answered. */
  #reread: KeystrokeFrame | null = null;
  /** The fields for which the user requested the newest suggestion by a key. */
  readonly #byKey = new Set<string>();
  readonly #timers: Timers;
  #connection: Connection | null = null;
  #contextChars = DEFAULT_CONTEXT_CHARS;
  /** Null until they have been read. Until then nothing is sent to the server. */
  #preferences: Preferences | null = null;
  /** The time at which the oldest keystroke without any answer was sent. Null if there is none. */
  #silentSince: number | null = null;
  #isLocal = true;
  readonly #outage = new Outage();
  #numbers = 0;
  #timer: unknown = null;
  /** The time at which a field last got the focus or a key. */
  #usedAt = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Uses another connection from now on, or none. `isLocal`: the server is on this machine. */
  use(connection: Connection | null, isLocal = true): void {
    this.#connection?.close();
    this.#isLocal = isLocal;
    this.#connection = connection;
    if (this.#focused.size > 0) connection?.open();
  }

  /** A page's frame has opened its port. The returned functions take its messages, and its end. */
  join(page: Page): { receive(message: ToWorker): void; leave(): void } {
    this.#numbers += 1;
    const number = this.#numbers;
    this.#pages.set(number, page);
    return { receive: (message) => this.#fromPage(number, message), leave: () => this.#leave(number) };
  }

  /** Uses these preferences from now on, also for open pages. */
  prefer(preferences: Preferences): void {
    const isFirst = this.#preferences === null;
    this.#preferences = preferences;
    this.#tellContext();
    this.#forget((field) => !this.#byKey.has(field) && !this.#isOn(pageOf(field)));
    if (isFirst) this.#askAgain();
  }

  welcome({ contextChars }: Welcome): void {
    this.#contextChars = contextChars;
    this.#tellContext();
    this.#askAgain();
  }

  /** The hint that the server is unreachable was shown. */
  hintShown(): void {
    this.#outage.hintShown();
  }

  state(state: ConnectionState): void {
    this.#silentSince = null;
    this.#outage.state(state, this.#timers.now());
    if (state === "refused") this.#forget(() => true);
  }

  fromServer(frame: SuggestionFrame | ErrorFrame): void {
    this.#silentSince = null;
    if (frame.field === null || frame.seq === null) return;
    const [, number, field] = /^(\d+)\.(.*)$/s.exec(frame.field) ?? [];
    if (field === undefined) return;
    if (this.#isReread(frame)) return;
    this.#unanswered.answer(frame);
    const post = (answer: Answer) => this.#pages.get(Number(number))?.post({ type: "answer", field, answer });
    if (frame.type === "error") {
      // The server would refuse the same keystroke again.
      if (frame.code !== "draining" && isAbout(frame, this.#last?.frame)) this.#last = null;
      const answer = noTime(frame);
      if (answer) this.#timers.setTimeout(() => post(answer), waitWhenOverloaded());
      return;
    }
    const { seq, text, final, confidence, reason, alternatives, replaces } = frame;
    post({ seq, text, confidence, final, reason, alternatives, replaces });
  }

  /** Whether suggestions appear by themselves on a page. */
  #isOn(number: number): boolean {
    const preferences = this.#preferences ?? DEFAULTS;
    return !isPaused(preferences, this.#timers.now()) && this.#isOnApartFromPause(preferences, number);
  }

  #isOnApartFromPause(preferences: Preferences, number: number): boolean {
    const hosts = this.#hostsOf(number);
    return isOnAt(preferences, hosts) && amountAt(preferences, hosts).moment === "typing";
  }

  /** The hosts of a page: of its tab, its own, and of the pages around it, as far as the browser tells. */
  #hostsOf(number: number): readonly string[] {
    return [...(this.#pages.get(number)?.hosts ?? []), ...(this.#hosts.get(number) ?? [])];
  }

  /** Whether the server may learn what is typed on a page, apart from a pause. */
  #mayLearn(number: number): boolean {
    const preferences = this.#preferences ?? DEFAULTS;
    if (!preferences.learnWords || !this.#pages.get(number)?.mayBeLearnt) return false;
    return isOnAt(preferences, this.#hostsOf(number));
  }

  #tellContext(): void {
    for (const number of this.#pages.keys()) this.#tellContextTo(number);
  }

  /** Sends nothing until both the preferences and the hosts of the page are known. */
  #tellContextTo(number: number): void {
    if (!this.#preferences || !this.#hosts.has(number)) return;
    const { codeToo, subjectToo, answeredToo, labelToo, corrections, fieldsOff, keys, spoken, pausedUntil } =
      this.#preferences;
    const hosts = this.#hostsOf(number);
    const on = this.#isOnApartFromPause(this.#preferences, number);
    const besidePage = isBesidePageAt(this.#preferences, hosts);
    this.#pages.get(number)?.post({
      type: "context",
      chars: this.#contextChars,
      codeToo,
      subjectToo,
      corrections,
      answeredToo,
      labelToo,
      learn: this.#mayLearn(number),
      fieldsOff,
      on,
      besidePage,
      pausedUntil,
      keys,
      spoken,
    });
  }

  #fromPage(number: number, message: ToWorker): void {
    if (message.type === "focused") {
      this.#hosts.set(number, message.hosts);
      this.#tellContextTo(number);
      return this.#focus(number);
    }
    // The page may not know yet that it was turned off.
    if (message.type === "keystroke" && !message.byKey && !this.#isOn(number)) return;
    if (message.type === "hinted") return this.hintShown();
    // The server does not know snippets, and does not count what they and suggestions save.
    if (message.type === "snippet-taken" || message.type === "taken-back" || message.type === "taken-again") return;
    const field = `${number}.${message.field}`;
    switch (message.type) {
      case "keystroke": {
        this.#focus(number);
        if (this.#outage.isHintDue(this.#timers.now())) {
          this.#pages.get(number)?.post({ type: "hint", isLocal: this.#isLocal });
        }
        const { seq, before, after, kind, subject, context, learn, corrections, alternatives, byKey } = message;
        if (byKey) this.#byKey.add(field);
        else this.#byKey.delete(field);
        this.#doubtSilence();
        const frame = this.#unanswered.ask({
          ...{ type: "keystroke", field, seq, before, after, kind },
          ...(subject ? { subject } : {}),
          ...(context ? { context } : {}),
          ...(learn ? { learn } : {}),
          ...(corrections ? { corrections } : {}),
          ...(alternatives ? { alternatives } : {}),
        });
        this.#last = { frame, at: this.#timers.now() };
        return this.#ask(frame);
      }
      case "accepted":
        this.#send({ type: "accepted", field, seq: message.seq, text: message.text });
        break;
      case "dismissed":
        this.#send({ type: "dismissed", field, seq: message.seq });
        break;
      case "left":
        this.#forget((asked) => asked === field);
        this.#byKey.delete(field);
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
    this.#forget((field) => pageOf(field) === number);
    for (const field of [...this.#byKey]) if (pageOf(field) === number) this.#byKey.delete(field);
    this.#watch();
  }

  /** One timer: for the next keep-alive message while a field is used, for the end of the connection while none is. */
  #watch(): void {
    this.#timers.clearTimeout(this.#timer);
    const wasUsed = this.#isUsed();
    this.#timer = this.#timers.setTimeout(
      () => {
        this.#timer = null;
        // If typing has begun again meanwhile, the connection stays open.
        if (!wasUsed && !this.#isUsed()) return this.#connection?.close();
        this.#doubtSilence();
        this.#send({ type: "close", field: NO_FIELD });
        this.#watch();
      },
      wasUsed ? KEEP_ALIVE_MS : IDLE_MS,
    );
  }

  #isUsed(): boolean {
    return this.#focused.size > 0 && this.#timers.now() - this.#usedAt < UNUSED_AFTER_MS;
  }

  /** A broken connection may cause no event, for example after a laptop has slept or the network has changed. */
  #doubtSilence(): void {
    if (this.#unanswered.frames().length === 0) this.#silentSince = null;
    if (this.#silentSince !== null && this.#timers.now() - this.#silentSince >= SILENT_MS) this.#connection?.doubt();
  }

  #askAgain(): void {
    const unanswered = this.#unanswered.frames();
    for (const keystroke of unanswered) this.#ask(keystroke);
    this.#reread = null;
    if (!this.#last || unanswered.includes(this.#last.frame)) return;
    if (this.#timers.now() - this.#last.at >= TYPING_MS) return;
    this.#reread = this.#last.frame;
    this.#ask(this.#reread);
  }

  /** Whether it is about a keystroke that had its answer from another server: that answer stays on the screen. */
  #isReread(frame: SuggestionFrame | ErrorFrame): boolean {
    return isAbout(frame, this.#reread);
  }

  #forget(which: (field: string) => boolean): void {
    this.#unanswered.forget(which);
    if (this.#last && which(this.#last.frame.field)) this.#last = null;
  }

  #ask(keystroke: KeystrokeFrame): void {
    if (this.#preferences && this.#send(this.#allowed(keystroke, this.#preferences)))
      this.#silentSince ??= this.#timers.now();
  }

  /** The keystroke as the preferences are now: it may have waited for the server, or its page may not know them yet. */
  #allowed(keystroke: KeystrokeFrame, preferences: Preferences): KeystrokeFrame {
    const { context, ...rest } = this.#withAmount(this.#withLearning(keystroke), preferences);
    const { answered, label } = context ?? {};
    const allowed = {
      ...(answered && preferences.answeredToo ? { answered } : {}),
      ...(label && preferences.labelToo ? { label } : {}),
    };
    return Object.keys(allowed).length > 0 ? { ...rest, context: allowed } : rest;
  }

  /** Without `learn` if nothing more may be learnt. */
  #withLearning({ learn, ...keystroke }: KeystrokeFrame): KeystrokeFrame {
    const isPausedNow = isPaused(this.#preferences ?? DEFAULTS, this.#timers.now());
    return learn && !isPausedNow && this.#mayLearn(pageOf(keystroke.field)) ? { ...keystroke, learn } : keystroke;
  }

  /** The user who presses a key for a suggestion waits for it, so the server suggests what it would otherwise think too unlikely. */
  #withAmount(keystroke: KeystrokeFrame, preferences: Preferences): KeystrokeFrame {
    const { length, sureness } = amountAt(preferences, this.#hostsOf(pageOf(keystroke.field)));
    const wanted = this.#byKey.has(keystroke.field) ? "eager" : sureness;
    return {
      ...keystroke,
      ...(length === "phrase" ? {} : { max_words: length }),
      ...(wanted === DEFAULTS.sureness ? {} : { sureness: wanted }),
    };
  }

  #send(frame: ClientFrame): boolean {
    return this.#connection?.send(frame) ?? false;
  }
}

/** Whether this keystroke is the one that the server answers. */
const isAbout = ({ field, seq }: SuggestionFrame | ErrorFrame, asked: KeystrokeFrame | null | undefined): boolean =>
  asked?.field === field && asked.seq === seq;

/** The number of the page that a field on the wire belongs to. */
const pageOf = (field: string): number => Number.parseInt(field, 10);
