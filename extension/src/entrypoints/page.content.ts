import { defineContentScript } from "wxt/utils/define-content-script";
import { hearContentScript } from "../page/handshake.ts";
import { getToKnow, type Moment, undoStep } from "../page/undo-steps.ts";

export default defineContentScript({
  matches: ["<all_urls>"],
  allFrames: true,
  matchAboutBlank: true,
  matchOriginAsFallback: true,
  runAt: "document_start",
  world: "MAIN",
  main() {
    hearContentScript(window, (element, word) => {
      if (word === "entered") getToKnow(element);
      else undoStep(element, word as Moment);
    });
  },
});
