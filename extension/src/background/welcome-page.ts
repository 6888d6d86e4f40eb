import { type Browser, browser } from "wxt/browser";
import { isLoopback } from "../protocol/address.ts";
import { isCode } from "../protocol/pairing.ts";
import { writeServerOffer } from "../storage.ts";

const WELCOME = "/welcome.html";

/** Brings the welcome page to the front: the one that is open, or a new one. */
export async function openWelcome(): Promise<void> {
  const [open] = await browser.tabs.query({ url: browser.runtime.getURL(WELCOME) });
  if (open?.id === undefined) await browser.tabs.create({ url: browser.runtime.getURL(WELCOME) });
  else await browser.tabs.update(open.id, { active: true });
}

/** Opens the welcome page at the choice of sites, for a user who was never asked. */
export async function openSiteChoice(): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL(`${WELCOME}#where`) });
}

/**
 * Takes the offer of a page of this machine to connect to its server, and asks the user on the welcome page. The address comes from the
 * browser, not from the message.
 */
export async function receiveOffer(code: string, sender: Browser.runtime.MessageSender): Promise<void> {
  const origin = sender.origin ?? "";
  if (sender.frameId !== 0 || !sender.tab?.active || !isLoopback(origin) || !isCode(code)) return;
  await writeServerOffer({ origin, code });
  await openWelcome();
}
