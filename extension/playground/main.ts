import { completeHere } from "../src/ghost/index.ts";
import { socketOf } from "../src/protocol/address.ts";
import type { ConnectionState } from "../src/protocol/connection.ts";
import { PairingError } from "../src/protocol/pairing.ts";
import { sentenceFor } from "../src/protocol/trouble-sentences.ts";
import { findElement } from "../src/ui/find-element.ts";
import { DirectClient } from "./direct-client.ts";
import { write } from "./dom.ts";
import { lookForExtension } from "./extension.ts";
import { prepareFields } from "./fields.ts";
import { Figures } from "./figures.ts";
import { showFigures } from "./panel.ts";
import { forgetToken, keepToken, keptToken, pairWith, takeFragment } from "./token.ts";

const figures = new Figures();
let budgetMs = 300;
let model = "";
/** The pairing code of the address, if a kept token is tried first: a code works only once. */
let spareCode: string | null = null;

const client = new DirectClient({
  state: showState,
  welcome(welcome) {
    budgetMs = welcome.budgetMs;
    model = welcome.model;
    write("#model", model);
    showState("ready");
    showFigures(figures, budgetMs);
  },
  answered(ms, source) {
    figures.answered({ ms, source });
    showFigures(figures, budgetMs);
  },
  accepted(length) {
    figures.accepted(length);
    showFigures(figures, budgetMs);
  },
});

function showState(state: ConnectionState): void {
  const texts: Readonly<Record<ConnectionState, string>> = {
    closed: "Not connected",
    connecting: "Connecting …",
    ready: model === "" ? "Connected" : `Model loaded: ${model}`,
    lost: "The server is unreachable. Retrying …",
    refused: "Not paired",
  };
  document.documentElement.dataset.state = state;
  write("#state", texts[state]);
  if (state !== "refused") return;
  forgetToken();
  if (spareCode) void pair(spareCode);
  else askForCode("The server no longer accepts this page. Enter a new pairing code.");
}

function askForCode(trouble: string): void {
  findElement("#pairing", HTMLElement).hidden = false;
  write("#pairing-outcome", trouble);
  document.documentElement.dataset.state = "refused";
  write("#state", "Not paired");
}

function connectWith(token: string): void {
  findElement("#pairing", HTMLElement).hidden = true;
  client.use(socketOf(location.origin), token);
}

async function pair(code: string): Promise<void> {
  spareCode = null;
  try {
    connectWith(await pairWith(code));
    findElement("#message", HTMLTextAreaElement).focus();
  } catch (error) {
    if (!(error instanceof PairingError)) throw error;
    askForCode(sentenceFor(error.trouble, location.origin));
  }
}

findElement("#pairing form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void pair(findElement("#code", HTMLInputElement).value);
});

document.addEventListener("input", (event) => {
  if (event instanceof InputEvent && event.inputType === "insertText" && event.data?.length === 1) figures.typedKey();
});

completeHere(
  client,
  { shadowOf: (element) => element.shadowRoot, entered() {}, undoStep() {} },
  new AbortController().signal,
);
prepareFields();
lookForExtension();
showFigures(figures, budgetMs);

/** Connects by what the address contains, or by the token that was kept. */
function connectPage(): void {
  const { code, token } = takeFragment();
  if (token) keepToken(token);
  const known = keptToken();
  spareCode = code;
  if (known) connectWith(known);
  else if (code) void pair(code);
  else askForCode("");
}

// If the printed link is opened in a tab that already shows this page, only the address changes.
window.addEventListener("hashchange", connectPage);
connectPage();
