import { type Browser, browser } from "wxt/browser";
import { isLoopback } from "../protocol/connect.ts";
import { isCode } from "../protocol/pair.ts";
import { writeOffer } from "../settings.ts";

const WELCOME = "/welcome.html";

/** The first page, in front: the one that is open, or a new one. */
export async function openWelcome(): Promise<void> {
  const [open] = await browser.tabs.query({ url: browser.runtime.getURL(WELCOME) });
  if (open?.id === undefined) await browser.tabs.create({ url: browser.runtime.getURL(WELCOME) });
  else await browser.tabs.update(open.id, { active: true });
}

/** The first page at its question where it may help, for who was never asked. */
export async function openQuestion(): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL(`${WELCOME}#where`) });
}

/** A page of this machine offers a server: its own. Where it is, the browser says. Whether it becomes the one, the person says there. */
export async function takeOffer(code: string, sender: Browser.runtime.MessageSender): Promise<void> {
  const origin = sender.origin ?? "";
  if (sender.frameId !== 0 || !sender.tab?.active || !isLoopback(origin) || !isCode(code)) return;
  await writeOffer({ origin, code });
  await openWelcome();
}
