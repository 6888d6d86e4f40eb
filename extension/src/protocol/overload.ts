import { waitBefore } from "./backoff.ts";
import type { ErrorFrame } from "./frames.ts";

/** The wait grows like that before a third attempt to connect: 0.8 to 1.6 s. The server measures its load over about one second. */
const ATTEMPT = 2;

/**
 * The answer that a page gets after `waitWhenOverloaded` if the server refused a keystroke as overloaded: no suggestion for lack of time. A user
 * who has stopped typing gets a suggestion after all, because a page asks again about a text that there was no time for. Null after other errors.
 */
export function noTime({ code, seq }: ErrorFrame) {
  if (code !== "overloaded" || seq === null) return null;
  return { seq, text: "", confidence: 0, final: true, reason: "budget" };
}

/** In milliseconds; partly random, so that not all clients ask again at once. */
export function waitWhenOverloaded(): number {
  return waitBefore(ATTEMPT, Math.random());
}
