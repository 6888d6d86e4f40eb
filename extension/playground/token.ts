import { exchange } from "../src/protocol/pairing.ts";

/** The token by which the server accepts this page. The server prints an address with a pairing code; its token is kept for next time. */

const KEY = "foretype-token";

export function keptToken(): string | null {
  return localStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  localStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  localStorage.removeItem(KEY);
}

/** The code or token in the address. It is removed from the address at once, because an address is copied, shown and kept in the history. */
export function takeFragment(): { readonly code: string | null; readonly token: string | null } {
  const members = new URLSearchParams(location.hash.slice(1));
  const found = { code: members.get("code"), token: members.get("token") };
  if (found.code !== null || found.token !== null) history.replaceState(null, "", location.pathname + location.search);
  return found;
}

/** Exchanges a pairing code for a token, and keeps the token. Throws `PairingError`. */
export async function pairWith(code: string): Promise<string> {
  const token = await exchange(location.origin, code, "the playground");
  keepToken(token);
  return token;
}

/** A pairing code for the extension of this browser. Null if the server gives none. */
export async function codeForExtension(token: string): Promise<string | null> {
  const answer = await fetch("/v1/code", { method: "POST", headers: { authorization: `Bearer ${token}` } }).catch(
    () => null,
  );
  const { code } = (answer?.ok ? await answer.json() : {}) as { code?: unknown };
  return typeof code === "string" ? code : null;
}
