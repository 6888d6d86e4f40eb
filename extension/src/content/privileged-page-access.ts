import { browser } from "wxt/browser";
import type { PageAccess } from "../ghost/index.ts";
import { speakToPage } from "../page/handshake.ts";

/**
 * The access that a content script has: to closed shadow trees through its privileges, and to editors through the script in the page's own
 * world.
 */
export function privilegedPageAccess(window: Window, signal: AbortSignal): PageAccess {
  const say = speakToPage(window, signal);
  return {
    shadowOf(element) {
      if (!(element instanceof HTMLElement)) return element.shadowRoot;
      // In Firefox the element has the closed root as a property.
      if ("openOrClosedShadowRoot" in element) return element.openOrClosedShadowRoot as ShadowRoot | null;
      try {
        return browser.dom?.openOrClosedShadowRoot(element) ?? element.shadowRoot;
      } catch {
        // The extension was removed or updated. This script finds out when it next sends a message to the service worker.
        return element.shadowRoot;
      }
    },
    entered: (element) => say(element, "entered"),
    undoStep: (element, moment) => say(element, moment),
  };
}
