import { completeHere } from "../src/ghost/index.ts";
import { socketOf } from "../src/protocol/address.ts";
import type { State } from "../src/protocol/connection.ts";
import { PairingError } from "../src/protocol/pair.ts";
import { sentenceFor } from "../src/protocol/troubles.ts";
import { DirectClient } from "./direct-client.ts";
import { find, write } from "./dom.ts";
import { lookForExtension } from "./extension.ts";
import { prepareFields } from "./fields.ts";
import { Figures } from "./figures.ts";
import { showFigures } from "./panel.ts";
import { forgetToken, keepToken, keptToken, pairWith, takeFragment } from "./token.ts";

const figures = new Figures();
let budgetMs = 300;
let model = "";
/** A code that works once is not spent where this page is known already. */
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

function showState(state: State): void {
  const words: Readonly<Record<State, string>> = {
    closed: "Not connected",
    connecting: "Connecting …",
    ready: model === "" ? "Connected" : `Model loaded: ${model}`,
    lost: "The server is unreachable. Retrying …",
    refused: "Not paired",
  };
  document.documentElement.dataset.state = state;
  write("#state", words[state]);
  if (state !== "refused") return;
  forgetToken();
  if (spareCode) void pair(spareCode);
  else askForCode("The server no longer accepts this page. Enter a new pairing code.");
}

function askForCode(trouble: string): void {
  find("#pairing", HTMLElement).hidden = false;
  write("#pairing-outcome", trouble);
  document.documentElement.dataset.state = "refused";
  write("#state", "Not paired");
}

function begin(token: string): void {
  find("#pairing", HTMLElement).hidden = true;
  client.use(socketOf(location.origin), token);
}

async function pair(code: string): Promise<void> {
  spareCode = null;
  try {
    begin(await pairWith(code));
    find("#message", HTMLTextAreaElement).focus();
  } catch (error) {
    if (!(error instanceof PairingError)) throw error;
    askForCode(sentenceFor(error.trouble, location.origin));
  }
}

find("#pairing form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void pair(find("#code", HTMLInputElement).value);
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

/** By what the address brought, or what is kept from last time. */
function comeIn(): void {
  const { code, token } = takeFragment();
  if (token) keepToken(token);
  const known = keptToken();
  spareCode = code;
  if (known) begin(known);
  else if (code) void pair(code);
  else askForCode("");
}

// The printed link, opened in a tab that shows this page already, changes only the address.
window.addEventListener("hashchange", comeIn);
comeIn();
