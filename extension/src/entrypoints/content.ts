import { defineContentScript } from "wxt/utils/define-content-script";
import { answerPopup } from "../content/popup-answer.ts";
import { privilegedPageAccess } from "../content/privileged-page-access.ts";
import { answerServerPage } from "../content/server-page.ts";
import { showHints } from "../content/unreachable-hint.ts";
import { WorkerClient } from "../content/worker-client.ts";
import { completeHere } from "../ghost/index.ts";
import { atEachOpening } from "../page/reopened-document.ts";
import { paintedEditorAt } from "../painted-editors.ts";

/** A page that has ghost text of its own, such as the playground. A second ghost text would cover it. */
const COMPLETES_ITSELF = '[data-foretype="own"]';

/** The service worker registers it on the allowed sites (`background/content-scripts.ts`), and on no other. */
export default defineContentScript({
  registration: "runtime",
  // WXT would post a message with the extension's id to every page. `foretypeIsHere` does the same without it.
  noScriptStartedPostMessage: true,
  main(context) {
    Object.assign(globalThis, { foretypeIsHere: () => context.isValid });
    // Keys go to a hidden frame there, whose base address is that of the document. It never has more than a letter.
    if (paintedEditorAt(document.baseURI) === "google_docs") return;
    const client = new WorkerClient(context);
    const page = privilegedPageAccess(window, context.signal);
    atEachOpening(document, context.signal, (signal) => {
      const focusReport = completeHere(client, page, signal, COMPLETES_ITSELF);
      answerPopup(focusReport, signal);
      answerServerPage(window, signal);
      showHints(client, focusReport, signal);
    });
  },
});
