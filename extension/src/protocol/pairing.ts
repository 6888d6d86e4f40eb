import { originOf, socketOf } from "./address.ts";
import { Connection } from "./connection.ts";
import type { Welcome } from "./frames.ts";
import { isSentItself, isSigned } from "./signed-token.ts";

/** The reasons why connecting to a server has failed. */
export type Trouble =
  | "bad_address"
  | "bad_secret"
  | "unreachable"
  | "not_foretype"
  | "not_allowed"
  | "loading"
  | "busy"
  | "server_failed"
  | "wrong_code"
  | "too_many_tries"
  | "unknown_token"
  /** A signed token, which is sent only over TLS, and the address is not one of TLS. */
  | "signed_token";

export class PairingError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

export interface Paired {
  readonly origin: string;
  readonly token: string;
  readonly welcome: Welcome;
}

const CODE = /^[A-Z0-9]{4}-?[A-Z0-9]{4}$/i;
const ANSWER_WITHIN_MS = 8000;
/** The errors after `hello` that do not close the connection. */
const BEFORE_WELCOME: Readonly<Record<string, Trouble>> = { rate_limited: "too_many_tries", internal: "server_failed" };

/** Whether `secret` is a pairing code. Otherwise it is a token. */
export const isCode = (secret: string): boolean => CODE.test(secret.trim());

export interface PrintedAddress {
  readonly origin: string;
  readonly code: string;
}

/** The parts of the address that a server prints when it starts, such as http://127.0.0.1:22738/#code=ABCD-EFGH. Null for other text. */
export function readPrintedAddress(text: string): PrintedAddress | null {
  const [, address = "", code = ""] = /^(https?:\S+?)\/?#code=(\S+)$/i.exec(text.trim()) ?? [];
  const origin = originOf(address);
  return origin !== null && isCode(code) ? { origin, code } : null;
}

/** Pairs with the server at `address` by a pairing code or a token. The returned token was accepted by the server. Throws `PairingError`. */
export async function connect(address: string, secret: string, client: string): Promise<Paired> {
  const origin = originOf(address);
  if (!origin) throw new PairingError("bad_address");
  const entered = secret.trim();
  if (entered === "" || /\s/.test(entered)) throw new PairingError("bad_secret");
  await findServer(origin);
  const token = isCode(entered) ? await exchange(origin, entered, client) : entered;
  // The user may have entered any text as a token.
  return { origin, token, welcome: await whileConnected(origin, token, client, async (welcome) => welcome) };
}

/**
 * Exchanges a pairing code, which works once, for a token. Throws `PairingError`. `byLink`: the code was in a link, and not typed. The server
 * counts wrong codes from links apart, because any page can open such links.
 */
export async function exchange(origin: string, code: string, client: string, byLink = false): Promise<string> {
  const response = await ask(`${origin}/v1/pair`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: code.trim().toUpperCase(), client, ...(byLink ? { by_link: true } : {}) }),
  });
  if (response.status === 403) throw new PairingError("not_allowed");
  if (response.status === 404) throw new PairingError("not_foretype");
  if (response.status === 429) throw new PairingError("too_many_tries");
  if (response.status === 503) throw new PairingError("busy");
  if (response.status >= 500) throw new PairingError("server_failed");
  if (!response.ok) throw new PairingError("wrong_code");
  const { token } = await membersOf(response);
  if (typeof token !== "string") throw new PairingError("not_foretype");
  return token;
}

/** Resolves if a server at `origin` is ready. Throws `PairingError`. */
export async function findServer(origin: string): Promise<void> {
  const response = await ask(`${origin}/healthz`);
  if (response.status === 403) throw new PairingError("not_allowed");
  const { status } = await membersOf(response);
  if (status === "loading" || status === "draining") throw new PairingError("loading");
  if (status === undefined && response.status === 503) throw new PairingError("busy");
  if (status !== "ready") throw new PairingError("not_foretype");
}

/**
 * Calls `act` while a connection to the server is open. On it the server has proved that it knows the token, and has accepted it. No other
 * program can get the server's port meanwhile. Returns what `act` returns. Throws `PairingError`.
 */
export function whileConnected<Result>(
  origin: string,
  token: string,
  client: string,
  act: (welcome: Welcome) => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const socketUrl = socketOf(origin);
    const connection = new Connection({ socketUrl, token }, client, {
      state(state) {
        if (state === "refused") reject(new PairingError(troubleWith(token, socketUrl)));
        if (state !== "lost" && state !== "unproven") return;
        connection.close();
        reject(new PairingError("not_foretype"));
      },
      welcome(welcome) {
        act(welcome)
          .finally(() => connection.close())
          .then(resolve, reject);
      },
      frame(frame) {
        const trouble = frame.type === "error" ? BEFORE_WELCOME[frame.code] : undefined;
        if (trouble === undefined) return;
        connection.close();
        reject(new PairingError(trouble));
      },
    });
    connection.open();
  });
}

/** Why a server refuses a token. It cannot know a signed one that was not sent. */
const troubleWith = (token: string, socketUrl: string): Trouble =>
  isSigned(token) && !isSentItself(token, socketUrl) ? "signed_token" : "unknown_token";

/** Throws `PairingError` if there is no answer. */
export async function ask(url: string, request: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...request, cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch {
    throw new PairingError("unreachable");
  }
}

async function membersOf(response: Response): Promise<Record<string, unknown>> {
  const value: unknown = await response.json().catch(() => null);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
