import { defineContentScript } from "wxt/utils/define-content-script";
import { hearContentScript } from "../page/handshake.ts";
import { getToKnow, type Moment, undoStep } from "../page/undo-steps.ts";

/** Registered beside the other content script, to run in the page's own world. */
export default defineContentScript({
  registration: "runtime",
  // Also said where it is registered. WXT wraps a script for the other world otherwise, with messages of its own.
  world: "MAIN",
  main() {
    hearContentScript(window, (element, word) => {
      if (word === "entered") getToKnow(element);
      else undoStep(element, word as Moment);
    });
  },
});
