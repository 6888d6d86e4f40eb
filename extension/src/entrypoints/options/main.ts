import { browser } from "wxt/browser";
import { find } from "../../look/find.ts";
import { DEFAULT_ADDRESS, originOf } from "../../protocol/address.ts";
import { connect, PairingError } from "../../protocol/pair.ts";
import { sentenceFor } from "../../protocol/troubles.ts";
import { CLIENT, readSettings, writeSettings } from "../../settings.ts";

type Tone = "quiet" | "good" | "bad";

const form = find("form", HTMLFormElement);
const address = find("#address", HTMLInputElement);
const secret = find("#secret", HTMLInputElement);
const button = find("button", HTMLButtonElement);
const outcome = find("#outcome", HTMLParagraphElement);

function say(tone: Tone, text: string): void {
  outcome.dataset.tone = tone;
  outcome.textContent = text;
}

/** A server on another machine than this one is asked for when it is entered, not when the extension is installed. */
async function mayReach(origin: string): Promise<boolean> {
  const { hostname, protocol } = new URL(origin);
  return browser.permissions.request({ origins: [`${protocol}//${hostname}/*`] });
}

async function tryToConnect(): Promise<void> {
  const origin = originOf(address.value);
  if (origin && !(await mayReach(origin))) return say("bad", `The browser was not allowed to reach ${origin}.`);
  say("quiet", "Connecting …");
  try {
    const { origin: found, token, welcome } = await connect(address.value, secret.value, CLIENT);
    await writeSettings({ origin: found, token });
    address.value = found;
    secret.value = "";
    say("good", `Connected. ${welcome.model} completes what you write, within ${welcome.budgetMs} ms.`);
  } catch (error) {
    if (!(error instanceof PairingError)) throw error;
    say("bad", sentenceFor(error.trouble, origin ?? address.value));
    (error.trouble === "bad_address" || error.trouble === "unreachable" ? address : secret).focus();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await tryToConnect();
  } finally {
    button.disabled = false;
  }
});

const settings = await readSettings();
address.value = settings?.origin ?? DEFAULT_ADDRESS;
if (settings) say("quiet", `This browser is paired with ${settings.origin}. A new code or token replaces the old one.`);
