import { browser } from "wxt/browser";
import { mayReadClipboard, requestClipboard } from "../../clipboard-permission.ts";
import { message } from "../../i18n.ts";
import { dayOf } from "../../savings.ts";
import { snippetSentence } from "../../snippet-problems.ts";
import {
  LONGEST_TEXT,
  LONGEST_TRIGGER,
  MOST_SNIPPETS,
  needsClipboard,
  problemOf,
  type Snippet,
  withoutSnippet,
  withSnippet,
} from "../../snippets.ts";
import { csvOf, LARGEST_CSV, readCsv, withImported } from "../../snippets-csv.ts";
import { changePreferences, onStorageChange, readPreferences } from "../../storage.ts";
import { findElement } from "../../ui/find-element.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page about snippets: the list, the form that adds or changes one, and the CSV file. */

const list = findElement("#snippet-list", HTMLUListElement);
const form = findElement("#snippet", HTMLFormElement);
const trigger = findElement("#snippet-trigger", HTMLInputElement);
const text = findElement("#snippet-text", HTMLTextAreaElement);
const cancel = findElement("#snippet-cancel", HTMLButtonElement);
const outcome = findElement("#snippet-outcome", HTMLParagraphElement);
const clipboard = findElement("#snippet-clipboard", HTMLDivElement);
const file = findElement("#snippet-file", HTMLInputElement);
const exporting = findElement("#snippet-export", HTMLButtonElement);

const done = findElement("#snippet-done", HTMLParagraphElement);

let snippets: readonly Snippet[] = [];
/** The abbreviation of the snippet that is being changed. Null: the form adds one. */
let changing: string | null = null;
/** The abbreviation of the snippet that was just saved. Its row is marked. */
let saved: string | null = null;

/** Below the form: problems, and what concerns files. */
function say(sentence: string, tone: "quiet" | "bad" = "quiet"): void {
  outcome.dataset.tone = tone;
  outcome.textContent = sentence;
  done.textContent = "";
}

/** Below the list, because that is what has changed. */
function sayDone(sentence: string): void {
  outcome.textContent = "";
  done.textContent = sentence;
}

async function keep(change: (now: readonly Snippet[]) => readonly Snippet[]): Promise<void> {
  await changePreferences((now) => ({ ...now, snippets: change(now.snippets) }));
  await show();
}

function edit(snippet: Snippet | null): void {
  changing = snippet?.trigger ?? null;
  trigger.value = snippet?.trigger ?? "";
  text.value = snippet?.text ?? "";
  cancel.hidden = snippet === null;
  findElement("#snippet-save", HTMLButtonElement).textContent = message(snippet === null ? "add" : "snippet_save");
  trigger.removeAttribute("aria-invalid");
  text.removeAttribute("aria-invalid");
}

function rowOf(snippet: Snippet): HTMLLIElement {
  const row = document.createElement("li");
  const name = document.createElement("code");
  name.textContent = snippet.trigger;
  const phrase = document.createElement("span");
  phrase.textContent = snippet.text;
  const change = rowButton(message("change"), message("change_snippet", snippet.trigger), () => {
    edit(snippet);
    say("");
    text.focus();
  });
  const remove = rowButton(message("delete"), message("delete_snippet", snippet.trigger), async () => {
    if (changing === snippet.trigger) edit(null);
    await keep((now) => withoutSnippet(now, snippet.trigger));
    sayDone(message("snippet_deleted", snippet.trigger));
    trigger.focus();
  });
  row.append(name, phrase, change, remove);
  row.toggleAttribute("data-saved", snippet.trigger === saved);
  return row;
}

async function show(): Promise<void> {
  snippets = (await readPreferences()).snippets;
  list.replaceChildren(...snippets.map(rowOf));
  list.hidden = snippets.length === 0;
  exporting.disabled = snippets.length === 0;
  clipboard.hidden = !snippets.some(needsClipboard) || (await mayReadClipboard());
}

async function save(): Promise<void> {
  const snippet = { trigger: trigger.value.trim(), text: text.value.replaceAll("\r\n", "\n") };
  const problem = problemOf(
    snippet,
    snippets.filter((one) => one.trigger !== changing),
  );
  const isAboutText = problem !== null && /text|variable/.test(problem.kind);
  trigger.ariaInvalid = problem && !isAboutText ? "true" : null;
  text.ariaInvalid = isAboutText ? "true" : null;
  if (problem) {
    say(snippetSentence(problem), "bad");
    return (isAboutText ? text : trigger).focus();
  }
  // The browser shows its question only while it handles the click, so nothing may be awaited before.
  const isAllowed = !needsClipboard(snippet) || (await requestClipboard());
  const instead = changing ?? undefined;
  saved = snippet.trigger;
  await keep((now) => withSnippet(now, snippet, instead));
  edit(null);
  if (isAllowed) sayDone(message("snippet_saved", snippet.trigger));
  else say(message("clipboard_denied"));
  trigger.focus();
}

function exportCsv(): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvOf(snippets)], { type: "text/csv" }));
  link.download = `foretype-snippets-${dayOf(new Date())}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
  say(message("snippets_exported", link.download));
}

async function importCsv(chosen: File): Promise<void> {
  const reading = chosen.size > LARGEST_CSV ? ({ kind: "too_large" } as const) : readCsv(await chosen.text());
  if (reading.kind === "problem") return say(message("csv_problem", reading.line, snippetSentence(reading.problem)));
  if (reading.kind !== "snippets") return say(message(`csv_${reading.kind}`));
  if (withImported(snippets, reading.snippets).length > MOST_SNIPPETS)
    return say(message("csv_too_many", MOST_SNIPPETS));
  await keep((now) => withImported(now, reading.snippets));
  say(message("csv_imported", reading.snippets.length));
}

trigger.maxLength = LONGEST_TRIGGER;
text.maxLength = LONGEST_TEXT;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void save();
});
// The sentence about the snippet before is not about the one that is being typed.
form.addEventListener("input", () => {
  saved = null;
  for (const row of list.children) row.removeAttribute("data-saved");
  say("");
});
cancel.addEventListener("click", () => {
  edit(null);
  say(message("nothing_changed"));
  trigger.focus();
});
findElement("#allow-clipboard", HTMLButtonElement).addEventListener("click", async () => {
  say(message((await requestClipboard()) ? "clipboard_allowed" : "clipboard_denied"));
  await show();
});
exporting.addEventListener("click", exportCsv);
findElement("#snippet-import", HTMLButtonElement).addEventListener("click", () => file.click());
file.addEventListener("change", async () => {
  const [chosen] = file.files ?? [];
  if (chosen) await importCsv(chosen);
  // Otherwise, choosing the same file again would cause no event.
  file.value = "";
});
onStorageChange({ preferences: () => void show() });
browser.permissions.onAdded.addListener(() => void show());
browser.permissions.onRemoved.addListener(() => void show());
await show();
