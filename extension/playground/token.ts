import { exchange } from "../src/protocol/pair.ts";

/** The token this page is let in by. The server prints an address that brings a code along; what comes of it is kept for next time. */

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

/** What the address brought along, taken out of it at once: an address is copied, kept in the history, and shown. */
export function takeFragment(): { readonly code: string | null; readonly token: string | null } {
  const members = new URLSearchParams(location.hash.slice(1));
  const brought = { code: members.get("code"), token: members.get("token") };
  if (brought.code !== null || brought.token !== null)
    history.replaceState(null, "", location.pathname + location.search);
  return brought;
}

/** Makes a code into a token and keeps it. Throws `PairingError`. */
export async function pairWith(code: string): Promise<string> {
  const token = await exchange(location.origin, code, "the playground");
  keepToken(token);
  return token;
}

/** A code for the extension of this browser, from the server that has let this page in. Null where it gives none. */
export async function codeForExtension(token: string): Promise<string | null> {
  const answer = await fetch("/v1/code", { method: "POST", headers: { authorization: `Bearer ${token}` } }).catch(
    () => null,
  );
  const { code } = (answer?.ok ? await answer.json() : {}) as { code?: unknown };
  return typeof code === "string" ? code : null;
}
