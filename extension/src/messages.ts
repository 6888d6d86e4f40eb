import type { Answer, Keystroke } from "./ghost/index.ts";

/** What a page's content script and the service worker say to each other, over one port a frame. */

export const PORT = "typing";

export type ToWorker =
  | { readonly type: "focused" }
  | ({ readonly type: "keystroke" } & Keystroke)
  | { readonly type: "accepted"; readonly field: string; readonly seq: number; readonly text: string }
  | { readonly type: "dismissed"; readonly field: string; readonly seq: number }
  | { readonly type: "left"; readonly field: string };

export type ToPage =
  | { readonly type: "context"; readonly chars: number; readonly codeToo: boolean }
  | { readonly type: "answer"; readonly field: string; readonly answer: Answer };
