/** The frames of the wire protocol, version 1 (docs/protocol.md), as a client sends and reads them. */

export const SUBPROTOCOL = "foretype.v1";

/** The close code for a token that the server does not accept. */
export const UNAUTHORIZED = 4401;

export type ClientFrame =
  | {
      readonly type: "hello";
      readonly key: string;
      readonly nonce: string;
      readonly address: string;
      readonly client: string;
    }
  | { readonly type: "proof"; readonly proof: string }
  | {
      readonly type: "keystroke";
      readonly field: string;
      readonly seq: number;
      readonly before: string;
      readonly after: string;
      readonly kind?: string;
      readonly subject?: string;
      readonly context?: { readonly answered?: string; readonly label?: string };
      readonly learn?: boolean;
      readonly corrections?: boolean;
      readonly alternatives?: number;
      readonly max_words?: number;
      readonly sureness?: string;
      readonly model?: string;
    }
  | { readonly type: "accepted"; readonly field: string; readonly seq: number; readonly text: string }
  | { readonly type: "dismissed"; readonly field: string; readonly seq: number }
  | { readonly type: "close"; readonly field: string };

export interface ChallengeFrame {
  readonly type: "challenge";
  readonly nonce: string;
  readonly proof: string;
}

export interface Welcome {
  readonly type: "welcome";
  /** The default model. */
  readonly model: string;
  /** All models, the default one first. */
  readonly models: readonly string[];
  readonly budgetMs: number;
  readonly contextChars: number;
}

export type Source = "tree" | "model" | "budget";

export interface SuggestionFrame {
  readonly type: "suggestion";
  readonly field: string;
  readonly seq: number;
  readonly text: string;
  readonly final: boolean;
  /** The probability that the user types all of it next. */
  readonly confidence: number;
  readonly source: Source | null;
  readonly elapsedMs: number;
  readonly reason?: string;
  readonly alternatives?: readonly string[];
  /** The number of characters before the caret that `text` replaces. Missing if `text` continues them. */
  readonly replaces?: number;
}

export interface ErrorFrame {
  readonly type: "error";
  readonly code: string;
  readonly field: string | null;
  readonly seq: number | null;
  /** The server is shutting down: the time to wait before connecting again, in milliseconds. */
  readonly retryMs?: number;
}

export type ServerFrame = ChallengeFrame | Welcome | SuggestionFrame | ErrorFrame;

export const DEFAULT_CONTEXT_CHARS = 2000;

/** No server needs more time until its clients return. */
const LONGEST_RETRY_MS = 60_000;

/** Reads one frame. Null for a frame that this version does not know: newer servers may send others. */
export function readFrame(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  let frame: unknown;
  try {
    frame = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof frame !== "object" || frame === null) return null;
  const members = frame as Record<string, unknown>;
  switch (members.type) {
    case "challenge":
      return readChallenge(members);
    case "welcome":
      return readWelcome(members);
    case "suggestion":
      return readSuggestion(members);
    case "error":
      return readError(members);
    default:
      return null;
  }
}

function readChallenge({ nonce, proof }: Record<string, unknown>): ChallengeFrame | null {
  return typeof nonce === "string" && typeof proof === "string" ? { type: "challenge", nonce, proof } : null;
}

function readWelcome({ model, models, budget_ms, limits }: Record<string, unknown>): Welcome {
  const chars = (limits as Record<string, unknown> | undefined)?.context_chars;
  const name = typeof model === "string" ? model : "";
  return {
    type: "welcome",
    model: name,
    // Older servers have one model and do not send the list.
    models: Array.isArray(models) ? models.filter((one) => typeof one === "string") : [name],
    budgetMs: typeof budget_ms === "number" ? budget_ms : 300,
    contextChars: typeof chars === "number" && chars > 0 ? chars : DEFAULT_CONTEXT_CHARS,
  };
}

function readSuggestion(members: Record<string, unknown>): SuggestionFrame | null {
  const { field, seq, text, final, source, confidence, elapsed_ms, reason, alternatives, replaces } = members;
  if (typeof field !== "string" || typeof seq !== "number" || typeof text !== "string") return null;
  return {
    type: "suggestion",
    field,
    seq,
    text,
    final: final !== false,
    confidence: typeof confidence === "number" ? confidence : 1,
    source: source === "tree" || source === "model" || source === "budget" ? source : null,
    elapsedMs: typeof elapsed_ms === "number" ? elapsed_ms : 0,
    ...(typeof reason === "string" ? { reason } : {}),
    ...(Array.isArray(alternatives) && alternatives.length > 0 ? { alternatives: textsOf(alternatives) } : {}),
    ...(typeof replaces === "number" && replaces > 0 ? { replaces } : {}),
  };
}

function textsOf(alternatives: readonly unknown[]): string[] {
  return alternatives
    .map((one) => (typeof one === "object" && one !== null ? (one as { text?: unknown }).text : null))
    .filter((text) => typeof text === "string");
}

function readError({ code, field, seq, retry_ms }: Record<string, unknown>): ErrorFrame {
  return {
    type: "error",
    code: typeof code === "string" ? code : "internal",
    field: typeof field === "string" ? field : null,
    seq: typeof seq === "number" ? seq : null,
    ...(typeof retry_ms === "number" && retry_ms >= 0 ? { retryMs: Math.min(retry_ms, LONGEST_RETRY_MS) } : {}),
  };
}
