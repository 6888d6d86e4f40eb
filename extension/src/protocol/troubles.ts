import type { Trouble } from "./pair.ts";

/** What a person is told when connecting fails, and what to do about it. `address` is what they entered. */
export function sentenceFor(trouble: Trouble, address: string): string {
  const sentences: Readonly<Record<Trouble, string>> = {
    bad_address: "That is no server address. It looks like http://127.0.0.1:8765.",
    bad_secret: "Enter the code that the server printed. It looks like ABCD-EFGH; print a new one with: foretype pair",
    unreachable: `No server answers at ${address}. Start it with: foretype serve (or, in Foretype's folder: make serve)`,
    not_foretype: `Something answers at ${address}, but it is not a Foretype server. Is the port right?`,
    not_allowed: `The server at ${address} does not answer to this address or to this extension. Name them in FORETYPE_ALLOWED_HOSTS and FORETYPE_ALLOWED_ORIGINS.`,
    loading: "The server is there and still loads its model. Try again in a moment.",
    wrong_code: "That code is wrong, was used before, or has expired. Print a new one with: foretype pair",
    too_many_tries: "Too many wrong codes. Wait a minute, then print a new one with: foretype pair",
    unknown_token: "The server does not know this token: it is wrong, or was revoked. Print a code with: foretype pair",
  };
  return sentences[trouble];
}
