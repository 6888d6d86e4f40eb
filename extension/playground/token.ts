import { exchange } from "../src/protocol/pairing.ts";

/**
 * The token by which the server accepts this page. The server prints an address with a pairing code. The page keeps the token only after
 * the server has accepted it, so that a link from another page never replaces a token that works.
 */

const KEY = "foretype-token";

export function keptToken(): string | null {
  return localStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  localStorage.setItem(KEY, token);
}

/**
 * The pairing code in the address. It is removed from the address at once, because users may copy or share an address, and the browser
 * keeps it in the history.
 */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** Exchanges a pairing code for a token. Throws `PairingError`. `byLink`: the code was in the address. */
export function pairWith(code: string, byLink: boolean): Promise<string> {
  return exchange(location.origin, code, "the playground", byLink);
}

/** A pairing code for the extension of this browser. Null if the server gives none. */
export async function codeForExtension(token: string): Promise<string | null> {
  const answer = await fetch("/v1/code", { method: "POST", headers: { authorization: `Bearer ${token}` } }).catch(
    () => null,
  );
  const { code } = (answer?.ok ? await answer.json() : {}) as { code?: unknown };
  return typeof code === "string" ? code : null;
}
