import { browser } from "wxt/browser";
import { message } from "../i18n.ts";
import { DEFAULT_ADDRESS, originOf } from "../protocol/address.ts";
import { connect, isCode, PairingError, readPrintedAddress, type Trouble } from "../protocol/pairing.ts";
import { CLIENT, readServer, writeServer } from "../storage.ts";
import { textWithCommands } from "../text-with-commands.ts";
import { findElement } from "./find-element.ts";
import { amount } from "./format.ts";
import { troubleSentence } from "./trouble-sentence.ts";

/** The form that pairs this browser with a server: `#pairing`, with `#address`, `#secret` and `#outcome`. */

/** The user has to correct the address, not the code or the token. */
const OF_ADDRESS: readonly Trouble[] = ["bad_address", "unreachable", "signed_token"];

/** Trying the same again cannot work. */
const WRONG: readonly Trouble[] = ["bad_address", "bad_secret", "wrong_code", "unknown_token", "signed_token"];

type Tone = "quiet" | "good" | "bad";

/**
 * Adds the form's behaviour, and calls `paired` whenever the browser is newly paired. Resolves when the form shows the current server, with
 * the sentence `connectedNow`. The returned function connects with what is filled in.
 */
export async function setUpPairingForm(
  paired: () => void = () => {},
  connectedNow: "connected_now" | "connected_to" = "connected_now",
): Promise<() => void> {
  const form = findElement("#pairing", HTMLFormElement);
  const address = findElement("#address", HTMLInputElement);
  const secret = findElement("#secret", HTMLInputElement);
  const button = findElement('#pairing [type="submit"]', HTMLButtonElement);

  const tryToConnect = async (): Promise<void> => {
    const origin = originOf(address.value);
    if (origin && !(await mayReach(origin))) return say("bad", message("permission_denied_server", origin));
    say("quiet", message("connecting"));
    for (const field of [address, secret]) field.ariaInvalid = null;
    try {
      const { origin: found, token, welcome } = await connect(address.value, secret.value, CLIENT);
      await writeServer({ origin: found, token });
      address.value = found;
      secret.value = "";
      say("good", message("connected", welcome.model, amount(welcome.budgetMs)));
      paired();
    } catch (error) {
      if (!(error instanceof PairingError)) throw error;
      say("bad", troubleSentence(error.trouble, origin ?? address.value));
      form.hidden = false;
      const wrong = OF_ADDRESS.includes(error.trouble) ? address : secret;
      // The address may be folded away. The user has to see it to correct it.
      const folded = wrong.closest("details");
      if (folded) folded.open = true;
      if (WRONG.includes(error.trouble)) wrong.ariaInvalid = "true";
      wrong.focus();
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await tryToConnect();
    } finally {
      button.disabled = false;
    }
  });
  // A pasted code is complete: the user need not press the button.
  const connectPasted = (event: Event): void => {
    if ((event as InputEvent).inputType !== "insertFromPaste") return;
    const printed = readPrintedAddress((event.target as HTMLInputElement).value);
    if (printed) [address.value, secret.value] = [printed.origin, printed.code];
    if (printed || (event.target === secret && isCode(secret.value))) form.requestSubmit(button);
  };
  secret.addEventListener("input", connectPasted);
  address.addEventListener("input", connectPasted);

  const server = await readServer();
  address.value = server?.origin ?? DEFAULT_ADDRESS;
  if (server) say("quiet", message(connectedNow, server.origin));
  return () => form.requestSubmit(button);
}

function say(tone: Tone, text: string): void {
  const outcome = findElement("#outcome", HTMLParagraphElement);
  outcome.dataset.tone = tone;
  outcome.replaceChildren(...textWithCommands(text));
}

/** The permission for a server on another machine is requested when its address is entered, not at the installation. */
async function mayReach(origin: string): Promise<boolean> {
  const { hostname, protocol } = new URL(origin);
  return browser.permissions.request({ origins: [`${protocol}//${hostname}/*`] });
}
