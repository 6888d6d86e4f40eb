/** A server's address as a person enters it, and what is made of it. */

export const DEFAULT_ADDRESS = "http://127.0.0.1:8765";

/** The origin that is meant by `entered` ("localhost:8765", "ws://…/v1/socket", "https://…"), null where none is. */
export function originOf(entered: string): string | null {
  const text = entered.trim().replace(/^ws(s?):\/\//i, "http$1://");
  if (text === "" || /\s/.test(text)) return null;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return null;
  const { protocol, origin, hostname } = new URL(withScheme);
  return (protocol === "http:" || protocol === "https:") && hostname !== "" ? origin : null;
}

export const socketOf = (origin: string): string => `${origin.replace(/^http/, "ws")}/v1/socket`;
