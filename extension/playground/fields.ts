import { find } from "./dom.ts";

/** The fields that one tries it in. */

export function prepareFields(): void {
  const message = find("#message", HTMLTextAreaElement);
  for (const starter of document.querySelectorAll<HTMLButtonElement>("[data-starter]")) {
    starter.addEventListener("click", () => {
      message.value = starter.dataset.starter ?? "";
      putCaretAtEnd(message);
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-command]")) {
    // The text keeps its selection only where the button does not take the focus.
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => document.execCommand(button.dataset.command ?? ""));
  }
  find("#form", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
  putCaretAtEnd(message);
}

function putCaretAtEnd(field: HTMLTextAreaElement): void {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  // A value that a script sets is no input to the browser; to the page it is.
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
