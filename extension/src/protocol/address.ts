/** The address of a server: as the user enters it, and the origins and URLs made of it. */

/** The server has the same default, in support/settings.py. */
export const DEFAULT_ADDRESS = "http://127.0.0.1:22738";

/** The default of earlier versions. A browser that was paired then has it in its storage. */
const EARLIER_DEFAULT = "http://127.0.0.1:8765";

/** The origin of an entered address ("localhost:22738", "ws://…/v1/socket", "https://…"). Null if it is not an address. */
export function originOf(entered: string): string | null {
  const text = entered.trim().replace(/^ws(s?):\/\//i, "http$1://");
  if (text === "" || /\s/.test(text)) return null;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return null;
  const { protocol, origin, hostname } = new URL(withScheme);
  return (protocol === "http:" || protocol === "https:") && hostname !== "" ? withoutLocalhost(origin) : null;
}

/**
 * The origin, with 127.0.0.1 for localhost: localhost may also mean [::1], where another program can listen on the same port. Not with TLS,
 * because the certificate may be for localhost only.
 */
export const withoutLocalhost = (origin: string): string =>
  origin.replace(/^http:\/\/localhost(?=:|$)/, "http://127.0.0.1");

export const socketOf = (origin: string): string => `${origin.replace(/^http/, "ws")}/v1/socket`;

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** Whether a page of this origin is on this machine. */
export function isLoopback(origin: string): boolean {
  return (
    URL.canParse(origin) && /^https?:$/.test(new URL(origin).protocol) && LOOPBACK.includes(new URL(origin).hostname)
  );
}

/** Whether a paired server had the default address of earlier versions, so that it may now be at the new one. */
export const isEarlierDefault = (origin: string): boolean => isSameServer(origin, EARLIER_DEFAULT);

/** Whether both origins are the same server. This machine has three names. */
export function isSameServer(one: string, other: string): boolean {
  return one === other || (isLoopback(one) && isLoopback(other) && new URL(one).port === new URL(other).port);
}
