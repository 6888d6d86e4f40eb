import { browser } from "wxt/browser";
import type { FocusReport } from "../ghost/index.ts";
import { ASK_FOCUS, ASK_TOP_FRAME, type PageState } from "../messages.ts";
import { hostsAround } from "./hosts-around.ts";

/** Tells the popup what has the focus on this page. Only the frame with the focus answers, because the first answer counts. */
export function answerPopup(focusReport: FocusReport, signal: AbortSignal): void {
  const hear = (message: unknown, _sender: unknown, answer: (state: PageState) => void) => {
    const focus = focusReport();
    const isTop = window === window.top;
    const isInFrame = document.activeElement instanceof HTMLIFrameElement;
    const isAsked = message === ASK_FOCUS && (isTop ? !isInFrame : focus !== "none");
    if (isAsked || (message === ASK_TOP_FRAME && isTop)) answer({ host: hostsAround(window).at(-1) ?? "", focus });
  };
  browser.runtime.onMessage.addListener(hear);
  signal.addEventListener("abort", () => browser.runtime.onMessage?.removeListener(hear), { once: true });
}
