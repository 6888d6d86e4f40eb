import type { Answer, FieldKind, FocusState, Keystroke } from "./ghost/index.ts";
import type { Keys } from "./ghost/keys.ts";
import type { SnippetOffer } from "./ghost/snippet.ts";
import type { ConnectionState } from "./protocol/connection.ts";

/** The messages between a page's content script, the service worker and the extension's own pages. */

/** The port between a content script and the service worker: one for each frame. */
export const PORT = "typing";

/** If nothing is typed in the focused field for this many milliseconds, it counts as unused. The next key opens the connection again. */
export const UNUSED_AFTER_MS = 300_000;

export type ToWorker =
  | { readonly type: "focused"; readonly hosts: readonly string[] }
  | ({ readonly type: "keystroke" } & Keystroke)
  | {
      readonly type: "accepted";
      readonly field: string;
      readonly seq: number;
      readonly text: string;
      /** The number of keys that the user pressed for it. */
      readonly presses: number;
    }
  /** Nothing of the snippet itself. */
  | { readonly type: "snippet-taken"; readonly length: number; readonly presses: number }
  /** An accepted text or a snippet was undone. */
  | { readonly type: "taken-back"; readonly length: number; readonly presses: number }
  /** It was redone. */
  | { readonly type: "taken-again"; readonly length: number; readonly presses: number }
  | { readonly type: "dismissed"; readonly field: string; readonly seq: number }
  | { readonly type: "left"; readonly field: string }
  /** The hint that the server is unreachable was shown. */
  | { readonly type: "hinted" };

export type ToPage =
  | {
      readonly type: "context";
      readonly chars: number;
      readonly codeToo: boolean;
      readonly subjectToo: boolean;
      readonly corrections: boolean;
      readonly answeredToo: boolean;
      readonly labelToo: boolean;
      /** Whether the server may learn what is typed on this page. */
      readonly learn: boolean;
      readonly fieldsOff: readonly FieldKind[];
      /** Whether suggestions appear by themselves on this page, apart from a pause. */
      readonly on: boolean;
      /** The end of a pause, in milliseconds since 1970. */
      readonly pausedUntil: number;
      /** Whether suggestions also appear where the page suggests text itself. */
      readonly besidePage: boolean;
      readonly keys: Keys;
      readonly spoken: boolean;
    }
  | { readonly type: "answer"; readonly field: string; readonly answer: Answer }
  /** A snippet of the user fits a keystroke. A page gets no other snippet. */
  | { readonly type: "snippet"; readonly field: string; readonly offer: SnippetOffer }
  /** The server is unreachable, and the hint may be shown. `isLocal`: the server is on this machine. */
  | { readonly type: "hint"; readonly isLocal: boolean }
  /** The site is no longer allowed: the content script ends, and leaves nothing behind. */
  | { readonly type: "end" };

/** The popup asks a tab what has the focus. The frame with the focus answers with a `PageState`. */
export const ASK_FOCUS = "ask-focus";

/** The popup asks this if no frame has answered: a frame of a site that is not allowed may have the focus. The page's own frame answers. */
export const ASK_TOP_FRAME = "ask-top-frame";

export interface PageState {
  readonly host: string;
  readonly focus: FocusState;
}

/** The popup asks the service worker for the `ServerStatus`. */
export const ASK_STATUS = "ask-status";

/** Whether the server is connected, as the toolbar icon and the popup show it. The set is closed. */
export type ServerStatus = "unpaired" | ConnectionState;

/** The popup tells the service worker that a site was allowed. The worker answers when the open pages have the content script. */
export const SITE_ALLOWED = "site-allowed";

/** The options page asks the service worker to delete the numbers of saved keystrokes. The worker answers when they are deleted. */
export const CLEAR_SAVINGS = "clear-savings";

/** A page of this machine asks the service worker whether the extension is connected to its server. */
export const IS_CONNECTED = "is-connected";

const OFFER = "offer";

/** A page of this machine offers a pairing code for its server. */
export interface OfferMessage {
  readonly type: typeof OFFER;
  readonly code: string;
}

export const offerMessage = (code: string): OfferMessage => ({ type: OFFER, code });

export function isOfferMessage(message: unknown): message is OfferMessage {
  const { type, code } = (message ?? {}) as Partial<OfferMessage>;
  return type === OFFER && typeof code === "string";
}
