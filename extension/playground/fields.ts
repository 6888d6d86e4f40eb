import { findElement } from "../src/ui/find-element.ts";

/** The fields of the page in which the user tries Foretype. */

export function prepareFields(): void {
  const message = findElement("#message", HTMLTextAreaElement);
  for (const starter of document.querySelectorAll<HTMLButtonElement>("[data-starter]")) {
    starter.addEventListener("click", () => {
      message.value = starter.dataset.starter ?? "";
      putCaretAtEnd(message);
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-command]")) {
    // The text keeps its selection only if the button does not take the focus.
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => document.execCommand(button.dataset.command ?? ""));
  }
  findElement("#form", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
  putCaretAtEnd(message);
}

function putCaretAtEnd(field: HTMLTextAreaElement): void {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  // The browser causes no input event for a value that a script sets.
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
