import { browser } from "wxt/browser";
import { IS_CONNECTED, offerMessage } from "../messages.ts";
import { isLoopback } from "../protocol/address.ts";
import { isCode } from "../protocol/pairing.ts";
import { readToExtension, type ToServerPage } from "../protocol/server-page-messages.ts";

/**
 * Answers a page of this machine that asks whether the extension is installed, and passes on the pairing code that it offers. Any page of
 * this machine may do this: an offer only makes the extension ask the user, on a page of its own.
 */
export function answerServerPage(window: Window, signal: AbortSignal): void {
  if (window !== window.top || !isLoopback(window.origin)) return;
  /** The questions that were answered. Each allows one offer of a code. */
  const answered = new Set<string>();
  window.addEventListener(
    "message",
    async ({ source, origin, data }) => {
      const message = source === window && origin === window.origin ? readToExtension(data) : null;
      if (message?.foretype === "is-it-there") {
        const connected = (await browser.runtime.sendMessage(IS_CONNECTED).catch(() => false)) === true;
        answered.add(message.nonce);
        const answer: ToServerPage = { foretype: "it-is-there", nonce: message.nonce, connected };
        window.postMessage(answer, window.origin);
      }
      if (message?.foretype !== "connect" || !answered.delete(message.nonce) || !isCode(message.code)) return;
      // Only a user may open another page: they must have just pressed something on this one.
      if (!window.navigator.userActivation.isActive) return;
      await browser.runtime.sendMessage(offerMessage(message.code)).catch(() => {});
    },
    { signal },
  );
}
