import { defineContentScript } from "wxt/utils/define-content-script";
import { answerPopup } from "../content/popup-answer.ts";
import { reachFrom } from "../content/reach.ts";
import { WorkerClient } from "../content/worker-client.ts";
import { completeHere } from "../ghost/index.ts";

/** A page that completes by itself, as the playground does: two would draw over each other. */
const COMPLETES_ITSELF = '[data-foretype="own"]';

export default defineContentScript({
  matches: ["<all_urls>"],
  allFrames: true,
  matchAboutBlank: true,
  matchOriginAsFallback: true,
  runAt: "document_start",
  main(context) {
    const client = new WorkerClient(context);
    const look = completeHere(client, reachFrom(window, context.signal), context.signal, COMPLETES_ITSELF);
    answerPopup(look, context.signal);
  },
});
