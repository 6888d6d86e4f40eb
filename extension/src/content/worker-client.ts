import { type Browser, browser } from "wxt/browser";
import { chordLabel } from "../chord-label.ts";
import type { Answer, Client, FieldKind, Keystroke, SnippetOffer } from "../ghost/index.ts";
import { type Chord, DEFAULT_KEYS, type Keys } from "../ghost/keys.ts";
import { message } from "../i18n.ts";
import { PORT, type ToPage, type ToWorker, UNUSED_AFTER_MS } from "../messages.ts";
import { isPaused } from "../preferences.ts";
import { DEFAULT_CONTEXT_CHARS } from "../protocol/frames.ts";
import { hostsAround } from "./hosts-around.ts";

/** When an extension is removed, its ports close some time before the browser reports that it is gone. */
const KNOWN_AFTER_MS = 500;

/** This content script. If the extension was reloaded or removed, reading `isInvalid` aborts the signal. */
export interface Script {
  readonly signal: AbortSignal;
  readonly isInvalid: boolean;
  /** Ends the script. */
  abort(): void;
}

/** Reaches the server through the service worker. The first field that gets the focus opens the port: a page without fields costs nothing. */
export class WorkerClient implements Client {
  contextChars = DEFAULT_CONTEXT_CHARS;
  codeToo = false;
  subjectToo = false;
  corrections = false;
  answeredToo = false;
  labelToo = false;
  learn = false;
  fieldsOff: readonly FieldKind[] = [];
  spoken = false;
  besidePage = false;
  keys: Keys = DEFAULT_KEYS;
  #changed: () => void = () => {};
  #hint: (isLocal: boolean) => void = () => {};
  #answered: () => void = () => {};
  readonly #script: Script;
  #port: Browser.runtime.Port | null = null;
  /** Until the service worker turns it on, nothing is read. */
  #on = false;
  #pausedUntil = 0;
  #listener: (field: string, answer: Answer) => void = () => {};
  #forgotten: () => void = () => {};
  /** The time of the last keystroke that was sent. */
  #typedAt = Number.NEGATIVE_INFINITY;
  #offered: (field: string, offer: SnippetOffer) => void = () => {};

  constructor(script: Script) {
    this.#script = script;
    script.signal.addEventListener("abort", () => this.#disconnect(), { once: true });
  }

  get on(): boolean {
    return this.#on && !isPaused({ pausedUntil: this.#pausedUntil }, Date.now());
  }

  correctionSentence(chord: Chord, replaced: string, text: string): string {
    return message("readers_correction", chordLabel(chord), replaced, text);
  }

  onAnswer(listener: (field: string, answer: Answer) => void): void {
    this.#listener = listener;
  }

  onSnippet(listener: (field: string, offer: SnippetOffer) => void): void {
    this.#offered = listener;
  }

  /**
   * While the server is unreachable, the browser stops the service worker after some time. The listener's request starts it again, and with it
   * the attempts to connect. If the user has not typed for a long time, the next key does this.
   */
  onForgotten(listener: () => void): void {
    this.#forgotten = listener;
  }

  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Calls `listener` when the hint that the server is unreachable may be shown. */
  onHint(listener: (isLocal: boolean) => void): void {
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
    this.#post(focusedHere());
  }

  keystroke(keystroke: Keystroke): void {
    this.#typedAt = Date.now();
    this.#post({ type: "keystroke", ...keystroke });
  }

  accepted(field: string, seq: number, text: string, presses: number): void {
    this.#post({ type: "accepted", field, seq, text, presses });
  }

  snippetTaken(length: number, presses: number): void {
    this.#post({ type: "snippet-taken", length, presses });
  }

  takenBack(length: number, presses: number): void {
    this.#post({ type: "taken-back", length, presses });
  }

  takenAgain(length: number, presses: number): void {
    this.#post({ type: "taken-again", length, presses });
  }

  dismissed(field: string, seq: number): void {
    this.#post({ type: "dismissed", field, seq });
  }

  left(field: string): void {
    // Without a port, the service worker does not know this field: the worker was never reached, or has been stopped.
    if (this.#port) this.#post({ type: "left", field });
  }

  #post(message: ToWorker): void {
    if (this.#script.isInvalid) return;
    try {
      const isNew = this.#port === null;
      this.#port ??= this.#connect();
      // A service worker that was stopped and started again knows nothing of this page.
      if (isNew && message.type !== "focused") this.#port.postMessage(focusedHere());
      this.#port.postMessage(message);
    } catch {
      // The extension is being removed, and the browser does not report it yet. The message is dropped.
      this.#askLater();
    }
  }

  /** If the extension is gone, reading `isInvalid` ends this script. */
  #askLater(): void {
    setTimeout(() => {
      if (this.#script.isInvalid || this.#port) return;
      const typedAt = this.#typedAt;
      if (Date.now() - typedAt < UNUSED_AFTER_MS) this.#forgotten();
      // The user has typed nothing meanwhile.
      this.#typedAt = typedAt;
    }, KNOWN_AFTER_MS);
  }

  #connect(): Browser.runtime.Port {
    const port = browser.runtime.connect({ name: PORT });
    port.onMessage.addListener((message: ToPage) => this.#receive(message));
    port.onDisconnect.addListener(() => {
      if (this.#port === port) this.#port = null;
      // If the extension was removed, its ghost text must be removed too. Otherwise the worker was only stopped.
      this.#askLater();
    });
    return port;
  }

  #receive(message: ToPage): void {
    if (message.type === "answer") {
      this.#answered();
      return this.#listener(message.field, message.answer);
    }
    if (message.type === "snippet") return this.#offered(message.field, message.offer);
    if (message.type === "hint") return this.#hint(message.isLocal);
    if (message.type === "end") return this.#script.abort();
    this.contextChars = message.chars;
    this.codeToo = message.codeToo;
    this.subjectToo = message.subjectToo;
    this.corrections = message.corrections;
    this.answeredToo = message.answeredToo;
    this.labelToo = message.labelToo;
    this.learn = message.learn;
    this.fieldsOff = message.fieldsOff;
    this.#on = message.on;
    this.#pausedUntil = message.pausedUntil;
    this.spoken = message.spoken;
    this.besidePage = message.besidePage;
    this.keys = message.keys;
    this.#changed();
  }

  #disconnect(): void {
    const port = this.#port;
    this.#port = null;
    try {
      port?.disconnect();
    } catch {
      // The extension was removed, and its port with it.
    }
  }
}

const focusedHere = (): ToWorker => ({ type: "focused", hosts: hostsAround(window) });
