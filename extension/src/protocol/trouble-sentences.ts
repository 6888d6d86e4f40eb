import { DEFAULT_ADDRESS } from "./address.ts";
import type { Trouble } from "./pairing.ts";

/** The message when connecting has failed: what happened, and what to do. `address` is what the user entered. */
export function sentenceFor(trouble: Trouble, address: string): string {
  const sentences: Readonly<Record<Trouble, string>> = {
    bad_address: `This is not a server address. Example: ${DEFAULT_ADDRESS}`,
    bad_secret:
      "Enter the pairing code that the server printed, such as ABCD-EFGH. Print a new one with: foretype pair",
    unreachable: `No server answers at ${address}. Start it with: foretype serve (or, in Foretype's folder: make serve). To start it at each login: foretype service install`,
    not_foretype: `The program that answers at ${address} is not a Foretype server. Check the port.`,
    not_allowed: `The server at ${address} does not allow this address or this extension. Add them to FORETYPE_ALLOWED_HOSTS and FORETYPE_ALLOWED_ORIGINS.`,
    loading: "The server is still loading its model. Try again in a moment.",
    busy: `The server at ${address} has no room for another connection now. Try again in a moment.`,
    server_failed: `The server at ${address} could not store or look up the pairing. On its machine, this command says why: foretype pair --list`,
    wrong_code: "This pairing code is wrong, already used or expired. Print a new one with: foretype pair",
    too_many_tries: "Too many wrong codes or tokens. Wait a minute, then print a new code with: foretype pair",
    unknown_token:
      "The server does not accept this token: it is wrong or revoked. Print a pairing code with: foretype pair",
  };
  return sentences[trouble];
}
