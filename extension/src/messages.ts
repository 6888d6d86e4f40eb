import type { Answer, FieldKind, Here, Keystroke } from "./ghost/index.ts";
import type { Keys } from "./ghost/keys.ts";

/** What a page's content script and the service worker say to each other, over one port a frame. */

export const PORT = "typing";

export type ToWorker =
  | { readonly type: "focused"; readonly hosts: readonly string[] }
  | ({ readonly type: "keystroke" } & Keystroke)
  | { readonly type: "accepted"; readonly field: string; readonly seq: number; readonly text: string }
  | { readonly type: "dismissed"; readonly field: string; readonly seq: number }
  | { readonly type: "left"; readonly field: string }
  /** A person has been told that the server is not there. */
  | { readonly type: "hinted" };

export type ToPage =
  | {
      readonly type: "context";
      readonly chars: number;
      readonly codeToo: boolean;
      readonly fieldsOff: readonly FieldKind[];
      /** Whether this page is completed in, but for a pause. */
      readonly on: boolean;
      /** Everything is quiet until then, in milliseconds of the clock. */
      readonly pausedUntil: number;
      readonly keys: Keys;
      readonly spoken: boolean;
    }
  | { readonly type: "answer"; readonly field: string; readonly answer: Answer }
  /** The server is not there, and who writes here may be told. `isHere`: it is one of this machine. */
  | { readonly type: "hint"; readonly isHere: boolean }
  /** The site is allowed no longer: the content script ends, and leaves nothing. */
  | { readonly type: "end" };

/** What a page is asked by the popup, and says of the field in it. A frame without the focus says nothing. */
export const WHAT_IS_HERE = "what-is-here";

/** What the page's own frame is asked where no frame has answered: one that is not allowed may have the focus. */
export const IS_ANYBODY_HERE = "is-anybody-here";

export interface PageState {
  readonly host: string;
  readonly here: Here;
}

/** What the service worker is asked by the popup. */
export const STATUS = "status";

/** What the popup asks of the service worker when a site has been allowed; it answers when open pages have the content script. */
export const ARRIVE = "arrive";

/** What a page of this machine asks of the service worker: whether its server is the one. */
export const IS_CONNECTED = "is-connected";

/** A pairing code that a page of this machine offers for its server. */
export const OFFER = "offer";

export interface Offer {
  readonly type: typeof OFFER;
  readonly code: string;
}

export function isOffer(message: unknown): message is Offer {
  const { type, code } = (message ?? {}) as Partial<Offer>;
  return type === OFFER && typeof code === "string";
}
