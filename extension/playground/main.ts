import { completeHere } from "../src/ghost/index.ts";
import { socketOf } from "../src/protocol/address.ts";
import type { ConnectionState } from "../src/protocol/connection.ts";
import { PairingError } from "../src/protocol/pairing.ts";
import { textWithCommands } from "../src/text-with-commands.ts";
import { findElement } from "../src/ui/find-element.ts";
import { DirectClient } from "./direct-client.ts";
import { write } from "./dom.ts";
import { lookForExtension } from "./extension.ts";
import { prepareFields } from "./fields.ts";
import { Figures } from "./figures.ts";
import { showFigures } from "./panel.ts";
import { SideBySide } from "./side-by-side.ts";
import { prepareSideBySide, showSideBySide } from "./side-by-side-panel.ts";
import { keepToken, keptToken, pairWith, takeCode } from "./token.ts";
import { sentenceFor } from "./trouble-sentences.ts";

const figures = new Figures();
let budgetMs = 300;
let models: readonly string[] = [];
/** The pairing code in the address, for later: the page first tries the token that it kept, because a code works only once. */
let spareCode: string | null = null;
let token = "";

const client = new DirectClient({
  state: showState,
  welcome(welcome) {
    keepToken(token);
    budgetMs = welcome.budgetMs;
    models = welcome.models;
    write("#model", welcome.model);
    showState("ready");
    showFigures(figures, budgetMs);
    sideBySide.connected(models);
  },
  takes: (frame) => sideBySide.take(frame),
  answered(ms, source) {
    figures.answered({ ms, source });
    showFigures(figures, budgetMs);
  },
  accepted(length, presses, replaced) {
    figures.accepted(length, presses, replaced);
    showFigures(figures, budgetMs);
  },
  takenBack(length, presses) {
    figures.takenBack(length, presses);
    showFigures(figures, budgetMs);
  },
  takenAgain(length, presses) {
    figures.takenAgain(length, presses);
    showFigures(figures, budgetMs);
  },
});

const sideBySide: SideBySide = new SideBySide((frame) => client.send(frame), showSideBySide);

function showState(state: ConnectionState): void {
  const texts: Readonly<Record<ConnectionState, string>> = {
    closed: "Not connected",
    connecting: "Connecting …",
    ready: models.length > 1 ? `Models loaded: ${models.join(", ")}` : `Model loaded: ${models.join()}`,
    lost: "The server is unreachable. Retrying …",
    unproven: "Another program answers on this port. Retrying …",
    refused: "Not paired",
  };
  document.documentElement.dataset.state = state;
  write("#state", texts[state]);
  if (state !== "refused") return;
  if (spareCode) void pair(spareCode, true);
  else askForCode("The server no longer accepts this page. Enter a new pairing code.");
}

function askForCode(trouble: string): void {
  findElement("#pairing", HTMLElement).hidden = false;
  findElement("#pairing-outcome", HTMLElement).replaceChildren(...textWithCommands(trouble));
  document.documentElement.dataset.state = "refused";
  write("#state", "Not paired");
}

function connectWith(tried: string): void {
  token = tried;
  findElement("#pairing", HTMLElement).hidden = true;
  client.use(socketOf(location.origin), token);
}

async function pair(code: string, byLink: boolean): Promise<void> {
  spareCode = null;
  try {
    connectWith(await pairWith(code, byLink));
    findElement("#message", HTMLTextAreaElement).focus();
  } catch (error) {
    if (!(error instanceof PairingError)) throw error;
    askForCode(sentenceFor(error.trouble, location.origin));
  }
}

findElement("#pairing form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void pair(findElement("#code", HTMLInputElement).value, false);
});

document.addEventListener("input", (event) => {
  if (event.target instanceof Element && event.target.id === "both") return;
  if (event instanceof InputEvent && event.inputType === "insertText" && event.data?.length === 1) figures.typedKey();
});

completeHere(
  client,
  { shadowOf: (element) => element.shadowRoot, entered() {}, undoStep() {} },
  new AbortController().signal,
);
prepareFields();
prepareSideBySide(
  (place) => sideBySide.typed(place),
  () => client.contextChars,
);
lookForExtension(client);
showFigures(figures, budgetMs);

/** Connects by the token that was kept, or else by the pairing code in the address. */
function connectPage(): void {
  const code = takeCode();
  const known = keptToken();
  spareCode = code;
  if (known) connectWith(known);
  else if (code) void pair(code, true);
  else askForCode("");
}

// If the printed link is opened in a tab that already shows this page, only the address changes.
window.addEventListener("hashchange", connectPage);
connectPage();
