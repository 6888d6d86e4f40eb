import { START_SERVER } from "../commands.ts";
import { message } from "../i18n.ts";
import { DEFAULT_ADDRESS } from "../protocol/address.ts";
import type { Trouble } from "../protocol/pairing.ts";

/**
 * The message when connecting has failed: what happened, and what to do. `address` is what the user entered. A command in it is between two
 * backticks.
 */
export const troubleSentence = (trouble: Trouble, address: string): string =>
  message(`trouble_${trouble}`, trouble === "bad_address" ? DEFAULT_ADDRESS : address, START_SERVER);
