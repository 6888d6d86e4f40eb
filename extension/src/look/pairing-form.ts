import { browser } from "wxt/browser";
import { DEFAULT_ADDRESS, originOf } from "../protocol/address.ts";
import { connect, isCode, PairingError } from "../protocol/pair.ts";
import { sentenceFor } from "../protocol/troubles.ts";
import { CLIENT, readSettings, writeSettings } from "../settings.ts";
import { find } from "./find.ts";

/** The form that pairs this browser with a server: `#pairing`, with `#address`, `#secret` and `#outcome` in it. */

type Tone = "quiet" | "good" | "bad";

/**
 * Brings the form to life. Calls `paired` whenever a server has welcomed this browser. Ends when the form says what is so now, with what
 * connects by what is filled in.
 */
export async function bringPairingToLife(paired: () => void = () => {}): Promise<() => void> {
  const form = find("#pairing", HTMLFormElement);
  const address = find("#address", HTMLInputElement);
  const secret = find("#secret", HTMLInputElement);
  const button = find('#pairing [type="submit"]', HTMLButtonElement);

  const tryToConnect = async (): Promise<void> => {
    const origin = originOf(address.value);
    if (origin && !(await mayReach(origin)))
      return say("bad", `The browser did not give permission to connect to ${origin}.`);
    say("quiet", "Connecting …");
    try {
      const { origin: found, token, welcome } = await connect(address.value, secret.value, CLIENT);
      await writeSettings({ origin: found, token });
      address.value = found;
      secret.value = "";
      say("good", `Connected. Model: ${welcome.model}. Suggestions arrive within ${welcome.budgetMs} ms.`);
      paired();
    } catch (error) {
      if (!(error instanceof PairingError)) throw error;
      say("bad", sentenceFor(error.trouble, origin ?? address.value));
      const toMend = error.trouble === "bad_address" || error.trouble === "unreachable" ? address : secret;
      // Where the address is folded away, it has to be seen to be mended.
      const folded = toMend.closest("details");
      if (folded) folded.open = true;
      toMend.focus();
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
  // A whole code that is pasted is all there is to say.
  secret.addEventListener("input", (event) => {
    if ((event as InputEvent).inputType === "insertFromPaste" && isCode(secret.value)) form.requestSubmit(button);
  });

  const settings = await readSettings();
  address.value = settings?.origin ?? DEFAULT_ADDRESS;
  if (settings)
    say(
      "quiet",
      `This browser is connected to ${settings.origin}. A new pairing code or token replaces this connection.`,
    );
  return () => form.requestSubmit(button);
}

function say(tone: Tone, text: string): void {
  const outcome = find("#outcome", HTMLParagraphElement);
  outcome.dataset.tone = tone;
  outcome.textContent = text;
}

/** A server on another machine than this one is asked for when it is entered, not when the extension is installed. */
async function mayReach(origin: string): Promise<boolean> {
  const { hostname, protocol } = new URL(origin);
  return browser.permissions.request({ origins: [`${protocol}//${hostname}/*`] });
}
