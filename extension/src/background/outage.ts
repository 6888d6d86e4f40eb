import type { State } from "../protocol/connection.ts";

/** A server that is restarted is back before this, in milliseconds. */
const RESTART_MS = 3000;

/**
 * Whether a person is to be told that the server is not there: once in the life of a browser, and only when it stays away. The
 * toolbar's icon says it all the time; the hint is for who has never looked there.
 */
export class Outage {
  #since: number | null = null;
  #isTold = false;

  state(state: State, now: number): void {
    if (state === "lost") this.#since ??= now;
    else if (state !== "connecting") this.#since = null;
  }

  /** They have been told, also by a service worker before this one. */
  told(): void {
    this.#isTold = true;
  }

  isToTell(now: number): boolean {
    return !this.#isTold && this.#since !== null && now - this.#since >= RESTART_MS;
  }
}
