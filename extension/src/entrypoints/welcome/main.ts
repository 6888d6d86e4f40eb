import { chordLabel } from "../../chord-label.ts";
import { START_SERVER } from "../../commands.ts";
import { answerPopup } from "../../content/popup-answer.ts";
import { privilegedPageAccess } from "../../content/privileged-page-access.ts";
import { WorkerClient } from "../../content/worker-client.ts";
import { completeHere } from "../../ghost/index.ts";
import type { Act } from "../../ghost/keys.ts";
import { message } from "../../i18n.ts";
import { DEFAULT_ADDRESS, isLoopback, originOf } from "../../protocol/address.ts";
import { findServer, type PairingError } from "../../protocol/pairing.ts";
import { onStorageChange, readPreferences, readSavings, readServer } from "../../storage.ts";
import { findElement } from "../../ui/find-element.ts";
import { setUpPairingForm } from "../../ui/pairing-form.ts";
import { setUpServerOffer } from "../../ui/server-offer.ts";
import { setUpSiteChoice } from "../../ui/site-choice.ts";
import { troubleSentence } from "../../ui/trouble-sentence.ts";
import { setUpLearningChoice } from "./learning-choice.ts";

/** The page that opens when the extension is installed: start the server, connect to it, try it, choose the sites, choose whether words are learnt. */

const KEY_EFFECTS: Readonly<Partial<Record<Act, string>>> = {
  word: message("effect_word"),
  all: message("effect_all"),
  dismiss: message("effect_dismiss"),
};

const TAB = "Tab";

/** While a server loads its model, it is asked again after this, in milliseconds. */
const LOADING_MS = 1000;

const server = findElement("#server", HTMLParagraphElement);
const how = findElement("#how", HTMLDivElement);
const box = findElement("#message", HTMLTextAreaElement);
const form = findElement("#pairing", HTMLFormElement);
const address = findElement("#address", HTMLInputElement);
const another = findElement("#connect-another", HTMLButtonElement);

/** The server that the page is about: the one whose address is in the form, or the paired one while the form is hidden. */
async function addressNow(): Promise<string> {
  // While a server is offered, the hidden form already has its address. The user has not agreed to it yet.
  const origin = form.hidden ? (await readServer())?.origin : originOf(address.value);
  return origin ?? DEFAULT_ADDRESS;
}

/** The start of a server causes no event. But the user who starts it comes back to this page, which causes a focus event. */
async function lookForServer(): Promise<void> {
  const origin = await addressNow();
  // To reach another machine, the browser needs a permission, which is requested when the user connects.
  if (!isLoopback(origin) && !form.hidden) return;
  const trouble = await findServer(origin).then(
    () => null,
    (error: PairingError) => error.trouble,
  );
  // Meanwhile the user may have entered another address.
  if (origin !== (await addressNow())) return;
  if (trouble === "loading") setTimeout(lookForServer, LOADING_MS);
  findElement("#start", HTMLLIElement).toggleAttribute("data-done", trouble === null);
  how.hidden = trouble !== "unreachable";
  server.dataset.tone = trouble === null ? "good" : "quiet";
  const now = trouble === null ? message("start_found", origin) : sentenceOf(trouble, origin);
  // Setting the same text again would make screen readers announce it again.
  if (server.textContent !== now) server.textContent = now;
}

const sentenceOf = (trouble: PairingError["trouble"], origin: string): string => {
  if (trouble === "unreachable") return message("start_not_found", origin);
  if (trouble === "loading") return message("start_loading");
  return troubleSentence(trouble, origin);
};

async function showKeys(): Promise<void> {
  const { keys } = await readPreferences();
  const isTabUsed = [keys.word, keys.all].includes(TAB);
  const effects = {
    ...KEY_EFFECTS,
    ...(isTabUsed ? { dismiss: message("effect_dismiss_first", chordLabel(TAB)) } : {}),
  };
  const usable = Object.entries(effects).filter(([act]) => keys[act as Act] !== "");
  const rows = usable.map(([act, effect]) => {
    const row = document.createElement("div");
    const key = document.createElement("dt");
    const kbd = document.createElement("kbd");
    const does = document.createElement("dd");
    kbd.textContent = chordLabel(keys[act as Act]);
    does.textContent = effect;
    key.append(kbd);
    row.append(key, does);
    return row;
  });
  findElement("#keys", HTMLDListElement).replaceChildren(...rows);
}

const markDone = (step: string, isDone: boolean) =>
  findElement(step, HTMLLIElement).toggleAttribute("data-done", isDone);

/** A connected browser needs the form only for another server. */
async function showPaired(): Promise<void> {
  const isPaired = (await readServer()) !== null;
  markDone("#pair-step", isPaired);
  form.hidden = isPaired;
  another.hidden = !isPaired;
}

/** The user has tried Foretype if a suggestion was ever accepted, on this page or on another. */
async function showTried(): Promise<void> {
  markDone("#try", (await readSavings()).since !== null);
}

/** After connecting, the next step is to try it: the caret is put where the rest of the word will appear. */
async function goOn(): Promise<void> {
  await showPaired();
  void lookForServer();
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

// The extension's own pages get no content script, so this page draws its own ghost text.
const lifetime = new AbortController();
const script = { signal: lifetime.signal, isInvalid: false, abort: () => lifetime.abort() };
const page = privilegedPageAccess(window, lifetime.signal);
const focusReport = completeHere(new WorkerClient(script), page, lifetime.signal);
answerPopup(focusReport, lifetime.signal);
findElement("#start-command", HTMLElement).textContent = START_SERVER;
// After an update, the page opens at the choice of sites, and says why.
const isAfterUpdate = location.hash === "#where";
findElement("#since-update", HTMLParagraphElement).hidden = !isAfterUpdate;
await showPaired();
const connect = await setUpPairingForm(() => void goOn(), "connected_to");
await Promise.all([
  showKeys(),
  showTried(),
  setUpServerOffer(connect),
  setUpSiteChoice((_allowed, where) => markDone("#where-step", where !== null)),
  setUpLearningChoice((hasAnswered) => markDone("#learn-step", hasAnswered)),
  lookForServer(),
]);
onStorageChange({ preferences: () => void showKeys(), savings: () => void showTried() });
window.addEventListener("focus", () => void lookForServer());
address.addEventListener("change", () => void lookForServer());
another.addEventListener("click", () => {
  form.hidden = false;
  findElement("#secret", HTMLInputElement).focus();
});
// The parts above have been filled in, and have moved the choice.
if (isAfterUpdate) findElement("#where", HTMLHeadingElement).scrollIntoView();
