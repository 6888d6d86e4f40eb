import {
  trouble_bad_address,
  trouble_bad_secret,
  trouble_busy,
  trouble_loading,
  trouble_not_allowed,
  trouble_not_foretype,
  trouble_server_failed,
  trouble_signed_token,
  trouble_too_many_tries,
  trouble_unknown_token,
  trouble_unreachable,
  trouble_wrong_code,
} from "../public/_locales/en/messages.json";
import { START_SERVER } from "../src/commands.ts";
import { DEFAULT_ADDRESS } from "../src/protocol/address.ts";
import type { Trouble } from "../src/protocol/pairing.ts";

/** The extension's English sentences. Each is imported by its name, so that the built page does not contain the others. */
const SENTENCES: Readonly<Record<Trouble, { readonly message: string }>> = {
  bad_address: trouble_bad_address,
  bad_secret: trouble_bad_secret,
  unreachable: trouble_unreachable,
  not_foretype: trouble_not_foretype,
  not_allowed: trouble_not_allowed,
  loading: trouble_loading,
  busy: trouble_busy,
  server_failed: trouble_server_failed,
  wrong_code: trouble_wrong_code,
  too_many_tries: trouble_too_many_tries,
  unknown_token: trouble_unknown_token,
  signed_token: trouble_signed_token,
};

/** The message when connecting has failed: what happened, and what to do. */
export const sentenceFor = (trouble: Trouble, address: string): string =>
  SENTENCES[trouble].message
    .replaceAll("$1", () => (trouble === "bad_address" ? DEFAULT_ADDRESS : address))
    .replaceAll("$2", START_SERVER);
