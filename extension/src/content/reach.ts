import { browser } from "wxt/browser";
import type { Reach } from "../ghost/index.ts";
import { speakToPage } from "../page/handshake.ts";

/** What a content script reaches of its page: closed shadow trees by the browser's leave, editors by the script in the page's own world. */
export function reachFrom(window: Window, signal: AbortSignal): Reach {
  const say = speakToPage(window, signal);
  return {
    shadowOf(element) {
      if (!(element instanceof HTMLElement)) return element.shadowRoot;
      // In Firefox it is the element that says so.
      if ("openOrClosedShadowRoot" in element) return element.openOrClosedShadowRoot as ShadowRoot | null;
      try {
        return browser.dom?.openOrClosedShadowRoot(element) ?? element.shadowRoot;
      } catch {
        // The extension was taken away. This script learns of it from the way to the worker, which is asked next.
        return element.shadowRoot;
      }
    },
    entered: (element) => say(element, "entered"),
    undoStep: (element, moment) => say(element, moment),
  };
}
