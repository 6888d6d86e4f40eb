import { answerPopup } from "../../content/popup-answer.ts";
import { reachFrom } from "../../content/reach.ts";
import { WorkerClient } from "../../content/worker-client.ts";
import { completeHere } from "../../ghost/index.ts";
import type { Act } from "../../ghost/keys.ts";
import { readable } from "../../look/chord.ts";
import { find } from "../../look/find.ts";
import { bringOffersToLife } from "../../look/offer.ts";
import { bringPairingToLife } from "../../look/pairing-form.ts";
import { bringWhereToLife } from "../../look/where.ts";
import { DEFAULT_ADDRESS } from "../../protocol/address.ts";
import { findServer, type PairingError } from "../../protocol/pair.ts";
import { sentenceFor } from "../../protocol/troubles.ts";
import { readPreferences, readSettings } from "../../settings.ts";

/** The page that opens when the extension is installed: start the server, pair with it, try it, say where it may help. */

const WHAT_THEY_DO: Readonly<Partial<Record<Act, string>>> = {
  word: "accepts the next word",
  all: "accepts all of it",
  dismiss: "dismisses it; then Tab leaves the field as usual",
};

/** A server that loads its model is looked at again after this, in milliseconds. */
const LOADING_MS = 1000;

const server = find("#server", HTMLParagraphElement);
const how = find("#how", HTMLDivElement);
const message = find("#message", HTMLTextAreaElement);
let isPaired = (await readSettings()) !== null;

/** No event says that a server has been started. Who started one comes back to this page, and that is one. */
async function lookForServer(offered?: string): Promise<void> {
  const origin = offered ?? (await readSettings())?.origin ?? DEFAULT_ADDRESS;
  const trouble = await findServer(origin).then(
    () => null,
    (error: PairingError) => error.trouble,
  );
  if (trouble === "loading") setTimeout(() => lookForServer(offered), LOADING_MS);
  find("#start", HTMLLIElement).toggleAttribute("data-done", trouble === null);
  how.hidden = trouble !== "unreachable";
  server.dataset.tone = trouble === null ? "good" : "quiet";
  const now = trouble === null ? `A server is running at ${origin}.` : sentenceOf(trouble, origin);
  // The same words a second time would be read out a second time.
  if (server.textContent !== now) server.textContent = now;
}

const sentenceOf = (trouble: PairingError["trouble"], origin: string): string => {
  if (trouble === "unreachable") return `No server answers at ${origin} yet.`;
  if (trouble === "loading") return "The server is running and loads its model. This takes a moment.";
  return sentenceFor(trouble, origin);
};

async function showKeys(): Promise<void> {
  const { keys } = await readPreferences();
  const rows = Object.entries(WHAT_THEY_DO).map(([act, what]) => {
    const row = document.createElement("div");
    const key = document.createElement("dt");
    const kbd = document.createElement("kbd");
    const does = document.createElement("dd");
    kbd.textContent = readable(keys[act as Act]);
    does.textContent = what;
    key.append(kbd);
    row.append(key, does);
    return row;
  });
  find("#keys", HTMLDListElement).replaceChildren(...rows);
}

function showPaired(): void {
  find("#pair-step", HTMLLIElement).toggleAttribute("data-done", isPaired);
}

/** The next step is the person's who has just done this one: the caret stands where the rest of the word belongs. */
function goOn(): void {
  isPaired = true;
  showPaired();
  void lookForServer();
  message.focus();
  message.setSelectionRange(message.value.length, message.value.length);
}

// No content script comes to the extension's own pages: this one completes by itself.
const life = new AbortController();
const script = { signal: life.signal, isInvalid: false, abort: () => life.abort() };
const look = completeHere(new WorkerClient(script), reachFrom(window, life.signal), life.signal);
answerPopup(look, life.signal);
showPaired();
// Who was here before and is asked now is told why.
const isAskedAgain = location.hash === "#where";
find("#since-update", HTMLParagraphElement).hidden = !isAskedAgain;
await Promise.all([
  showKeys(),
  bringPairingToLife(goOn).then((connect) => bringOffersToLife(connect, lookForServer)),
  bringWhereToLife((_allowed, where) =>
    find("#where-step", HTMLLIElement).toggleAttribute("data-done", where !== null),
  ),
  lookForServer(),
]);
window.addEventListener("focus", () => isPaired || lookForServer());
// What has been filled in above it has moved it.
if (isAskedAgain) find("#where", HTMLHeadingElement).scrollIntoView();
