/**
 * The messages between the server's own page and the extension, sent through the page's window: whether the extension is installed, and a
 * pairing code for it. None contains a token. Every script of the page hears them, so neither side trusts them: the extension takes the
 * server's address from the browser, and asks the user.
 */

export type ToExtension =
  | { readonly foretype: "is-it-there"; readonly nonce: string }
  | { readonly foretype: "connect"; readonly nonce: string; readonly code: string };

export interface ToServerPage {
  readonly foretype: "it-is-there";
  readonly nonce: string;
  /** Whether the extension is already connected to this page's server. */
  readonly connected: boolean;
}

/** `crypto.randomUUID` is missing on pages without TLS. */
export const newNonce = (): string =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");

/** Reads a message to the extension. Null for any other value. */
export function readToExtension(data: unknown): ToExtension | null {
  const { foretype, nonce, code } = membersOf(data);
  if (typeof nonce !== "string") return null;
  if (foretype === "is-it-there") return { foretype, nonce };
  return foretype === "connect" && typeof code === "string" ? { foretype, nonce, code } : null;
}

export function readToServerPage(data: unknown): ToServerPage | null {
  const { foretype, nonce, connected } = membersOf(data);
  if (foretype !== "it-is-there" || typeof nonce !== "string") return null;
  return { foretype, nonce, connected: connected === true };
}

function membersOf(data: unknown): Record<string, unknown> {
  return typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
}
