/** Ghost text for a page: everything that types, measures and draws. It knows neither the extension nor the server. */

import type { Client } from "./client.ts";
import { type Look, listen } from "./listen.ts";
import type { Reach } from "./reach.ts";
import { Overlay, takeAwayRemains } from "./screen.ts";
import { SpeakingScreen } from "./speaking.ts";
import { Typist } from "./typist.ts";

export type { Client, Keystroke, Kind } from "./client.ts";
export type { Answer } from "./conversation.ts";
export type { FieldKind } from "./fields/field.ts";
export type { Here, Look } from "./listen.ts";
export type { Reach } from "./reach.ts";

/** Completes what is typed in this window until `signal` ends it, but in nothing inside of what `except` selects. */
export function completeHere(client: Client, reach: Reach, signal: AbortSignal, except?: string): Look {
  takeAwayRemains();
  const screen = new SpeakingScreen(new Overlay(), () => client.spoken);
  return listen(new Typist(client, screen), reach, window, signal, except);
}
