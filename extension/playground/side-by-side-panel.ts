import { firstOf, lastOf } from "../src/ghost/text/cut.ts";
import type { Source } from "../src/protocol/frames.ts";
import { findElement } from "../src/ui/find-element.ts";
import { writeIn } from "./dom.ts";
import { inMs } from "./panel.ts";
import type { Column, Place, Said } from "./side-by-side.ts";

/** The panel that shows what each model suggests for the same text. It appears if the server serves several models. */

/** The characters before the caret that a column repeats. */
const SHOWN_CHARS = 36;

const SOURCES: Readonly<Record<Source, string>> = { tree: "Tree", model: "Model", budget: "Budget" };

const REASONS: Readonly<Record<string, string>> = {
  unlikely: "No suggestion: nothing is likely enough.",
  no_context: "No suggestion: there is no text.",
  unsupported_text: "No suggestion: the model does not support this text.",
  dismissed: "No suggestion: you dismissed it.",
  budget: "No suggestion: the time was not enough.",
  overloaded: "No suggestion: the server was too busy.",
};

/** Calls `typed` for each text of the panel's text box. `contextChars`: the most characters on each side of the caret. */
export function prepareSideBySide(typed: (place: Place) => void, contextChars: () => number): void {
  const field = findElement("#both", HTMLTextAreaElement);
  let isComposing = false;
  const tell = () => {
    if (isComposing || field.selectionStart !== field.selectionEnd) return;
    const caret = field.selectionStart;
    const limit = contextChars();
    typed({ before: lastOf(field.value.slice(0, caret), limit), after: firstOf(field.value.slice(caret), limit) });
  };
  field.addEventListener("input", tell);
  for (const type of ["compositionstart", "compositionend"])
    field.addEventListener(type, () => {
      isComposing = type === "compositionstart";
      tell();
    });
  document.addEventListener("selectionchange", () => {
    if (document.activeElement === field) tell();
  });
  field.setSelectionRange(field.value.length, field.value.length);
  tell();
}

export function showSideBySide(columns: readonly Column[]): void {
  findElement("#side-by-side", HTMLElement).hidden = columns.length === 0;
  const list = findElement("#models", HTMLElement);
  const shown = [...list.children].map((one) => one.querySelector("h3")?.textContent);
  if (shown.join("\n") !== columns.map(({ model }) => model).join("\n")) {
    list.replaceChildren(...columns.map(({ model }, number) => newColumn(model, number)));
  }
  for (const [number, column] of columns.entries()) fill(list.children[number] as HTMLElement, column);
}

function newColumn(model: string, number: number): HTMLElement {
  const column = findElement("#model-column", HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(column instanceof HTMLElement)) throw new Error("The page has no template of a column");
  const heading = part(column, "h3");
  heading.textContent = model;
  heading.id = `model-${number}`;
  column.setAttribute("aria-labelledby", heading.id);
  const button = part(column, "button");
  button.setAttribute("aria-label", `Insert the suggestion of ${model}`);
  button.addEventListener("click", () => insert(part(column, ".suggested").textContent ?? ""));
  return column;
}

function fill(column: HTMLElement, { said, figures }: Column): void {
  const text = said?.text ?? "";
  const texts = {
    ".typed": text === "" ? "" : lastWords(),
    ".suggested": text,
    ".reason": text === "" ? reasonOf(said) : "",
    ".time": inMs(said?.ms ?? null),
    ".median": inMs(figures.quantile(0.5)),
    ".source": said?.source ? SOURCES[said.source] : "–",
    ".likely": text === "" ? "–" : `${Math.round((said?.confidence ?? 0) * 100)} %`,
  };
  for (const [selector, written] of Object.entries(texts)) writeIn(part(column, selector), written);
  part(column, ".source").className = `source ${said?.source ?? ""}`;
  // A disabled button would lose the focus between two answers.
  part(column, "button").setAttribute("aria-disabled", String(text === ""));
}

/** The end of the line before the caret, from the beginning of a word. */
function lastWords(): string {
  const field = findElement("#both", HTMLTextAreaElement);
  const line = field.value.slice(0, field.selectionStart).split("\n").at(-1) ?? "";
  if (line.length <= SHOWN_CHARS) return line;
  const end = lastOf(line, SHOWN_CHARS);
  return `… ${end.slice(end.indexOf(" ") + 1)}`;
}

function reasonOf(said: Said | null): string {
  return said === null ? "…" : (REASONS[said.reason] ?? "No suggestion.");
}

/** In the way of a typed text, so that it can be undone. */
function insert(text: string): void {
  if (text === "") return;
  findElement("#both", HTMLTextAreaElement).focus();
  document.execCommand("insertText", false, text);
}

function part(column: HTMLElement, selector: string): HTMLElement {
  const found = column.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`A column has no ${selector}`);
  return found;
}
