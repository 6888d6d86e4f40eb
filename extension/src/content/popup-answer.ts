import { browser } from "wxt/browser";
import type { Look } from "../ghost/index.ts";
import { IS_ANYBODY_HERE, type PageState, WHAT_IS_HERE } from "../messages.ts";
import { hostsAround } from "./worker-client.ts";

/** Tells the popup what has the focus on this page. Only the frame that has it answers: the first answer is the one that counts. */
export function answerPopup(look: Look, signal: AbortSignal): void {
  const hear = (message: unknown, _sender: unknown, answer: (state: PageState) => void) => {
    const here = look();
    const isTop = window === window.top;
    const isElsewhere = document.activeElement instanceof HTMLIFrameElement;
    const isAsked = message === WHAT_IS_HERE && (isTop ? !isElsewhere : here !== "none");
    if (isAsked || (message === IS_ANYBODY_HERE && isTop)) answer({ host: hostsAround(window).at(-1) ?? "", here });
  };
  browser.runtime.onMessage.addListener(hear);
  signal.addEventListener("abort", () => browser.runtime.onMessage?.removeListener(hear), { once: true });
}
