import { counted, message } from "../../i18n.ts";
import { type FoundWords, type OwnWord, OwnWords, WordsError } from "../../protocol/own-words.ts";
import { dayOf } from "../../savings.ts";
import { CLIENT, onStorageChange, readServer } from "../../storage.ts";
import { textWithCommands } from "../../text-with-commands.ts";
import { findElement } from "../../ui/find-element.ts";
import { wordsSentence } from "../../ui/words-sentence.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page about the words that the server has learnt. The server is asked only when the user opens the list. */

/** How many words are requested at once. */
const PAGE = 50;
/** The user may still be typing the search; the server is asked after this pause, in milliseconds. */
const SEARCH_AFTER_MS = 200;

const details = findElement("#own-words", HTMLDetailsElement);
const trouble = findElement("#words-trouble", HTMLParagraphElement);
const known = findElement("#words-known", HTMLDivElement);
const finder = findElement("#word-finder", HTMLDivElement);
const search = findElement("#word-search", HTMLInputElement);
const count = findElement("#word-count", HTMLParagraphElement);
const list = findElement("#word-list", HTMLUListElement);
const more = findElement("#word-more", HTMLButtonElement);
const form = findElement("#add-word", HTMLFormElement);
const added = findElement("#new-word", HTMLInputElement);
const exporting = findElement("#word-export", HTMLButtonElement);
const file = findElement("#word-file", HTMLInputElement);
const forget = findElement("#word-forget", HTMLButtonElement);
const question = findElement("#forget-question", HTMLDivElement);

/** What a sentence is about. Each has a place of its own for it, right below. */
type Subject = "list" | "word" | "all";

const outcomes: Readonly<Record<Subject, HTMLParagraphElement>> = {
  list: findElement("#list-outcome", HTMLParagraphElement),
  word: findElement("#word-outcome", HTMLParagraphElement),
  all: findElement("#words-outcome", HTMLParagraphElement),
};

let words: readonly OwnWord[] = [];
/** Grows with each search. Only the newest search is shown. */
let newest = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows one sentence, and removes the one before it, wherever that was. */
function say(subject: Subject, text: string, tone: "quiet" | "bad" = "quiet"): void {
  hush();
  outcomes[subject].dataset.tone = tone;
  outcomes[subject].replaceChildren(...textWithCommands(text));
}

function hush(): void {
  for (const outcome of Object.values(outcomes)) outcome.textContent = "";
  added.ariaInvalid = null;
}

/** Does something with the words of the paired server. If that fails, says why. Returns whether it was done. */
async function act(
  subject: Subject,
  doing: (own: OwnWords, origin: string) => Promise<void>,
  isFile = false,
): Promise<boolean> {
  const server = await readServer();
  if (!server) {
    hideWords(message("words_unpaired"));
    return false;
  }
  try {
    await doing(new OwnWords(server, CLIENT), server.origin);
    return true;
  } catch (error) {
    if (!(error instanceof WordsError)) throw error;
    const sentence = wordsSentence(error.trouble, server.origin, isFile);
    if (known.hidden) hideWords(sentence);
    else say(subject, sentence, "bad");
    if (subject === "word" && error.trouble === "unusable") added.ariaInvalid = "true";
    return false;
  }
}

function hideWords(why: string): void {
  known.hidden = true;
  trouble.replaceChildren(...textWithCommands(why));
}

/** Shows the first words that fit the search. */
async function show(most = PAGE): Promise<void> {
  newest += 1;
  const number = newest;
  const wanted = search.value.trim();
  await act("list", async (own, origin) => {
    const found = await own.find(wanted, most, 0);
    if (number !== newest) return;
    words = found.words;
    trouble.textContent = found.learning ? "" : message("words_switched_off", origin);
    draw(found, wanted);
  });
  if (number === newest) list.ariaBusy = "false";
}

async function showMore(): Promise<void> {
  const [number, wanted, shown] = [newest, search.value.trim(), words.length];
  await act("list", async (own) => {
    const found = await own.find(wanted, PAGE, shown);
    if (number !== newest) return;
    words = [...words, ...found.words];
    draw(found, wanted);
    // The button may be gone. The user continues at the first new word.
    list.children[shown]?.querySelector("button")?.focus();
  });
}

function draw({ learning, total }: FoundWords, wanted: string): void {
  known.hidden = !learning;
  list.replaceChildren(...words.map(rowOf));
  more.hidden = words.length >= total || words.length === 0;
  finder.hidden = total === 0 && wanted === "";
  count.textContent = sentenceFor(total, wanted);
}

function sentenceFor(total: number, wanted: string): string {
  if (total > 0) return counted("words_count", total);
  return wanted === "" ? message("words_none") : message("words_none_found", wanted);
}

function rowOf({ text, seen, byHand }: OwnWord, index: number): HTMLLIElement {
  const row = document.createElement("li");
  const word = document.createElement("b");
  const how = document.createElement("span");
  word.textContent = text;
  // A word may be of any language.
  word.dir = "auto";
  how.className = "hint";
  how.textContent = byHand ? message("words_by_hand") : counted("words_typed", seen);
  row.append(
    word,
    how,
    rowButton(message("remove"), message("words_remove", text), () => remove(text, index)),
  );
  return row;
}

async function remove(text: string, index: number): Promise<void> {
  if (!(await act("list", (own) => own.remove(text)))) return;
  // The user may have come far in a long list.
  await show(Math.max(PAGE, words.length));
  say("list", message("words_removed", text));
  // The pressed button is gone.
  const next = list.children[Math.min(index, list.children.length - 1)];
  (next?.querySelector("button") ?? (finder.hidden ? added : search)).focus();
}

async function add(): Promise<void> {
  // As the server stores it.
  const text = added.value.normalize("NFC").trim().replaceAll(/\s+/g, " ");
  if (text === "") {
    say("word", message("words_empty"), "bad");
    added.ariaInvalid = "true";
    return added.focus();
  }
  if (!(await act("word", (own) => own.add(text)))) return added.focus();
  added.value = "";
  search.value = "";
  await show();
  say("word", message("words_added", text));
  added.focus();
}

async function exportWords(): Promise<void> {
  await act("all", async (own) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([await own.export()], { type: "application/json" }));
    link.download = `foretype-words-${dayOf(new Date())}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
    say("all", message("words_exported", link.download));
  });
}

async function importWords(chosen: File): Promise<void> {
  if (!(await act("all", async (own) => void (await own.import(await chosen.text())), true))) return;
  search.value = "";
  await show();
  say("all", message("words_imported"));
}

function ask(isAsked: boolean): void {
  question.hidden = !isAsked;
  hush();
  if (isAsked) question.focus();
  else forget.focus();
}

async function forgetAll(): Promise<void> {
  ask(false);
  if (!(await act("all", (own) => own.forgetAll()))) return;
  search.value = "";
  await show();
  say("all", message("words_forgotten"));
  added.focus();
}

details.addEventListener("toggle", () => {
  if (details.open) void show();
});
search.addEventListener("input", () => {
  hush();
  list.ariaBusy = "true";
  clearTimeout(timer);
  timer = setTimeout(() => void show(), SEARCH_AFTER_MS);
});
more.addEventListener("click", showMore);
added.addEventListener("input", hush);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void add();
});
exporting.addEventListener("click", exportWords);
findElement("#word-import", HTMLButtonElement).addEventListener("click", () => file.click());
file.addEventListener("change", async () => {
  const [chosen] = file.files ?? [];
  if (chosen) await importWords(chosen);
  // Otherwise, choosing the same file again would cause no event.
  file.value = "";
});
forget.addEventListener("click", () => ask(true));
findElement("#forget-cancel", HTMLButtonElement).addEventListener("click", () => ask(false));
findElement("#forget-now", HTMLButtonElement).addEventListener("click", forgetAll);
// The browser may be paired with another server, whose words are others.
onStorageChange({
  server: () => {
    hideWords("");
    if (details.open) void show();
  },
});
// The link of the welcome page leads here.
if (location.hash === "#words") details.open = true;
