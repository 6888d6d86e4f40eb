import { defineContentScript } from "wxt/utils/define-content-script";
import type { UndoMoment } from "../ghost/page-access.ts";
import { hearContentScript } from "../page/handshake.ts";
import { endUndoStep, noticeEntered } from "../page/undo-steps.ts";

/** Registered together with the other content script, to run in the page's own world. */
export default defineContentScript({
  registration: "runtime",
  // The registration says this too. Without it here, WXT would wrap the script for the other world, with messages of its own.
  world: "MAIN",
  main() {
    hearContentScript(window, (element, word) => {
      if (word === "entered") noticeEntered(element);
      else endUndoStep(element, word as UndoMoment);
    });
  },
});
