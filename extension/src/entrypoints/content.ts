import { defineContentScript } from "wxt/utils/define-content-script";
import { showHints } from "../content/hint.ts";
import { answerPopup } from "../content/popup-answer.ts";
import { reachFrom } from "../content/reach.ts";
import { answerServerPage } from "../content/server-page.ts";
import { WorkerClient } from "../content/worker-client.ts";
import { completeHere } from "../ghost/index.ts";
import { atEachOpening } from "../page/reopened.ts";

/** A page that completes by itself, as the playground does: two would draw over each other. */
const COMPLETES_ITSELF = '[data-foretype="own"]';

/** Registered by the service worker on the sites that are allowed (`background/presence.ts`), and on no other. */
export default defineContentScript({
  registration: "runtime",
  // WXT would tell every page the extension's id; who succeeds whom is settled without.
  noScriptStartedPostMessage: true,
  main(context) {
    Object.assign(globalThis, { foretypeIsHere: () => context.isValid });
    const client = new WorkerClient(context);
    const reach = reachFrom(window, context.signal);
    atEachOpening(document, context.signal, (signal) => {
      const look = completeHere(client, reach, signal, COMPLETES_ITSELF);
      answerPopup(look, signal);
      answerServerPage(window, signal);
      showHints(client, look, signal);
    });
  },
});
