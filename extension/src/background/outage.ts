import type { ConnectionState } from "../protocol/connection.ts";

/** The time in milliseconds within which a server that restarts is reachable again. */
const RESTART_MS = 3000;

/**
 * Decides whether the hint that the server is unreachable is due: once after each start of the browser, and only if the outage lasts. The
 * toolbar icon always shows an outage; the hint is for users who do not look there.
 */
export class Outage {
  #since: number | null = null;
  #isHintShown = false;

  state(state: ConnectionState, now: number): void {
    if (state === "lost") this.#since ??= now;
    else if (state !== "connecting") this.#since = null;
  }

  /** The hint was shown, perhaps by an earlier service worker. */
  hintShown(): void {
    this.#isHintShown = true;
  }

  isHintDue(now: number): boolean {
    return !this.#isHintShown && this.#since !== null && now - this.#since >= RESTART_MS;
  }
}
