/** Ghost text for a page: it follows the typing, measures fields and draws suggestions. It knows neither the extension nor the server. */

import type { Client } from "./client.ts";
import { Completer } from "./completer.ts";
import { AnnouncingScreen } from "./drawing/announcing-screen.ts";
import { removeLeftovers } from "./drawing/host.ts";
import { Overlay } from "./drawing/overlay.ts";
import type { FocusReport } from "./events/focus-state.ts";
import { listen } from "./events/listen.ts";
import type { PageAccess } from "./page-access.ts";

export type { Client, Keystroke } from "./client.ts";
export type { Answer } from "./conversation.ts";
export type { FocusReport, FocusState } from "./events/focus-state.ts";
export type { FieldKind } from "./fields/field-kind.ts";
export type { PageAccess } from "./page-access.ts";
export type { SnippetOffer } from "./snippet.ts";

/** Suggests text in the fields of this window until `signal` aborts, except inside of elements that match `except`. */
export function completeHere(client: Client, page: PageAccess, signal: AbortSignal, except?: string): FocusReport {
  // A picture, or a document in another format. Elements that are made there are not those of HTML.
  if (!/^(text\/html|application\/xhtml\+xml)$/.test(document.contentType)) return () => "none";
  removeLeftovers();
  const screen = new AnnouncingScreen(new Overlay(), () => client.spoken);
  return listen(new Completer(client, screen), page, window, signal, except);
}
