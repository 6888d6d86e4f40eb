import type { ClientFrame, ErrorFrame, SuggestionFrame } from "./frames.ts";

export type KeystrokeFrame = Extract<ClientFrame, { type: "keystroke" }>;

/** The newest keystroke of each field, if it has no final answer yet. It is sent again after a reconnection. */
export class Unanswered {
  readonly #byField = new Map<string, KeystrokeFrame>();

  ask(frame: KeystrokeFrame): KeystrokeFrame {
    this.#byField.set(frame.field, frame);
    return frame;
  }

  answer(frame: SuggestionFrame | ErrorFrame): void {
    if ((frame.type === "suggestion" && !frame.final) || frame.field === null) return;
    // The server shuts down: the keystroke is sent again to the server that replaces it.
    if (frame.type === "error" && frame.code === "draining") return;
    if (this.#byField.get(frame.field)?.seq === frame.seq) this.#byField.delete(frame.field);
  }

  forget(which: (field: string) => boolean): void {
    for (const field of [...this.#byField.keys()]) if (which(field)) this.#byField.delete(field);
  }

  frames(): readonly KeystrokeFrame[] {
    return [...this.#byField.values()];
  }
}
