import type { ServerStatus } from "../messages.ts";

/** The time in milliseconds within which a client is usually connected to another server, if its server has ended. */
const MOVE_MS = 2000;

interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * The connection's status as the user sees it. If several servers share an address, a client is moved from one to another now and then, and is
 * connected again in less than a second. So a connection that was ready is shown as lost only if it is still lost `MOVE_MS` later. Every other
 * status is shown at once.
 */
export class SteadyStatus {
  readonly #show: (status: ServerStatus) => void;
  readonly #timers: Timers;
  #shown: ServerStatus = "closed";
  #timer: unknown = null;

  constructor(show: (status: ServerStatus) => void, timers: Timers) {
    this.#show = show;
    this.#timers = timers;
  }

  /** What the user sees now. */
  get shown(): ServerStatus {
    return this.#shown;
  }

  become(status: ServerStatus): void {
    this.#timers.clearTimeout(this.#timer);
    if (status === "lost" && this.#shown === "ready") {
      this.#timer = this.#timers.setTimeout(() => this.#set(status), MOVE_MS);
    } else this.#set(status);
  }

  #set(status: ServerStatus): void {
    this.#shown = status;
    this.#show(status);
  }
}
