/**
 * What the server's own page and the extension say to each other, as messages of the page's window: that the extension is there, and a
 * pairing code for it. A token is in none of them. Anything on the page hears them, so nobody believes them: the extension takes the
 * address from the browser, and asks the person.
 */

export type ToExtension =
  | { readonly foretype: "is-it-there"; readonly nonce: string }
  | { readonly foretype: "connect"; readonly nonce: string; readonly code: string };

export interface ToServerPage {
  readonly foretype: "it-is-there";
  readonly nonce: string;
  /** Whether the extension is connected with this page's server already. */
  readonly connected: boolean;
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** Whether a page of this origin is one of this machine. */
export function isLoopback(origin: string): boolean {
  return (
    URL.canParse(origin) && /^https?:$/.test(new URL(origin).protocol) && LOOPBACK.includes(new URL(origin).hostname)
  );
}

/** Whether both are one server: this machine has three names. */
export function isSameServer(one: string, other: string): boolean {
  return one === other || (isLoopback(one) && isLoopback(other) && new URL(one).port === new URL(other).port);
}

/** Not `randomUUID`: pages without TLS have none. */
export const newNonce = (): string =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");

/** Reads a message to the extension. Null for what is none. */
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
