import { waitBefore } from "./backoff.ts";
import type { ErrorFrame } from "./frames.ts";

/** The wait grows like that before a third attempt to connect: 0.8 to 1.6 s. The server measures its load over about one second. */
const ATTEMPT = 2;

/** What a page is told about a keystroke for which the server had no time: that there is no suggestion for lack of time. */
export interface NoTime {
  readonly seq: number;
  readonly text: "";
  readonly confidence: 0;
  readonly final: true;
  readonly reason: "budget";
}

/**
 * Null if the server did not refuse a keystroke as overloaded. Otherwise this is told to the page after `waitWhenOverloaded`, and a user who
 * has stopped typing gets a suggestion after all, because a page asks again about a text that there was no time for.
 */
export function noTime({ code, seq }: ErrorFrame): NoTime | null {
  if (code !== "overloaded" || seq === null) return null;
  return { seq, text: "", confidence: 0, final: true, reason: "budget" };
}

/** In milliseconds; partly random, so that not all clients ask again at once. */
export function waitWhenOverloaded(): number {
  return waitBefore(ATTEMPT, Math.random());
}
