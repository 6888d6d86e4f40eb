import { browser } from "wxt/browser";
import { IS_CONNECTED, OFFER, type Offer } from "../messages.ts";
import { isLoopback, readToExtension, type ToServerPage } from "../protocol/connect.ts";
import { isCode } from "../protocol/pair.ts";

/**
 * Answers a page of this machine that asks whether the extension is there, and passes the code on that it offers. Any page of this
 * machine may ask: what comes of an offer is a question to the person, which the extension puts on a page of its own.
 */
export function answerServerPage(window: Window, signal: AbortSignal): void {
  if (window !== window.top || !isLoopback(window.origin)) return;
  /** What has been answered and may offer a code, once. */
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
      // Only a person opens another page: they have just pressed something on this one.
      if (!window.navigator.userActivation.isActive) return;
      await browser.runtime.sendMessage({ type: OFFER, code: message.code } satisfies Offer).catch(() => {});
    },
    { signal },
  );
}
