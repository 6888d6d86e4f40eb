import { type Browser, browser } from "wxt/browser";
import type { Answer, Client, FieldKind, Keystroke } from "../ghost/index.ts";
import { DEFAULT_KEYS, type Keys } from "../ghost/keys.ts";
import { PORT, type ToPage, type ToWorker } from "../messages.ts";
import { isPaused } from "../preferences.ts";
import { DEFAULT_CONTEXT_CHARS } from "../protocol/frames.ts";
import { hostsOf } from "../sites.ts";

/** The way to an extension that is taken away ends before the browser says that it is gone. */
const KNOWN_AFTER_MS = 500;

/** This content script. Once the extension was reloaded or taken away, to ask `isInvalid` aborts the signal. */
export interface Script {
  readonly signal: AbortSignal;
  readonly isInvalid: boolean;
  /** Ends it. */
  abort(): void;
}

/** The way to the server through the service worker. The port is opened by the first field that is focused: a page without one costs nothing. */
export class WorkerClient implements Client {
  contextChars = DEFAULT_CONTEXT_CHARS;
  codeToo = false;
  fieldsOff: readonly FieldKind[] = [];
  spoken = false;
  keys: Keys = DEFAULT_KEYS;
  #changed: () => void = () => {};
  #hint: (isHere: boolean) => void = () => {};
  #answered: () => void = () => {};
  readonly #script: Script;
  #port: Browser.runtime.Port | null = null;
  /** Until the worker has said so, nothing is read. */
  #on = false;
  #pausedUntil = 0;
  #listener: (field: string, answer: Answer) => void = () => {};

  constructor(script: Script) {
    this.#script = script;
    script.signal.addEventListener("abort", () => this.#disconnect(), { once: true });
  }

  get on(): boolean {
    return this.#on && !isPaused({ pausedUntil: this.#pausedUntil }, Date.now());
  }

  onAnswer(listener: (field: string, answer: Answer) => void): void {
    this.#listener = listener;
  }

  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Calls `listener` when a person may be told that the server is not there. */
  onHint(listener: (isHere: boolean) => void): void {
    this.#hint = listener;
  }

  /** Calls `listener` whenever the server has answered. */
  onAnswered(listener: () => void): void {
    this.#answered = listener;
  }

  hinted(): void {
    this.#post({ type: "hinted" });
  }

  focused(): void {
    this.#post(whereThisIs());
  }

  keystroke(keystroke: Keystroke): void {
    this.#post({ type: "keystroke", ...keystroke });
  }

  accepted(field: string, seq: number, text: string): void {
    this.#post({ type: "accepted", field, seq, text });
  }

  dismissed(field: string, seq: number): void {
    this.#post({ type: "dismissed", field, seq });
  }

  left(field: string): void {
    // Nobody is there to be told where the worker was never reached, or has stopped since.
    if (this.#port) this.#post({ type: "left", field });
  }

  #post(message: ToWorker): void {
    if (this.#script.isInvalid) return;
    try {
      const isNew = this.#port === null;
      this.#port ??= this.#connect();
      // A worker that was stopped since knows nothing of this page.
      if (isNew && message.type !== "focused") this.#port.postMessage(whereThisIs());
      this.#port.postMessage(message);
    } catch {
      // The extension is being taken away, and the browser does not say so yet: what was to be said is said to nobody.
      this.#askLater();
    }
  }

  /** Whether this script has outlived its extension: to ask ends it. */
  #askLater(): void {
    setTimeout(() => void this.#script.isInvalid, KNOWN_AFTER_MS);
  }

  #connect(): Browser.runtime.Port {
    const port = browser.runtime.connect({ name: PORT });
    port.onMessage.addListener((message: ToPage) => this.#receive(message));
    port.onDisconnect.addListener(() => {
      if (this.#port === port) this.#port = null;
      // A worker that rests is woken by the next key. One that is gone for good takes what is on the screen along.
      this.#askLater();
    });
    return port;
  }

  #receive(message: ToPage): void {
    if (message.type === "answer") {
      this.#answered();
      return this.#listener(message.field, message.answer);
    }
    if (message.type === "hint") return this.#hint(message.isHere);
    if (message.type === "end") return this.#script.abort();
    this.contextChars = message.chars;
    this.codeToo = message.codeToo;
    this.fieldsOff = message.fieldsOff;
    this.#on = message.on;
    this.#pausedUntil = message.pausedUntil;
    this.spoken = message.spoken;
    this.keys = message.keys;
    this.#changed();
  }

  #disconnect(): void {
    const port = this.#port;
    this.#port = null;
    try {
      port?.disconnect();
    } catch {
      // The extension was taken away, and the way to it with it.
    }
  }
}

const whereThisIs = (): ToWorker => ({ type: "focused", hosts: hostsAround(window) });

/**
 * The page's own host, and those of the pages that it is framed by, as far as the browser tells. A frame that was written by the page
 * around it has that one's origin, and no host of its own.
 */
export const hostsAround = ({ location, origin }: Window): string[] =>
  hostsOf([location.href, origin, ...(location.ancestorOrigins ?? [])]);
