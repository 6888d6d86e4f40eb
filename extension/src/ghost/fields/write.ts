/** The ways to insert text into a rich editor, so that it takes the text as if it were typed. */

/** Inserts `text` at the caret, once. */
export type Write = (element: HTMLElement, text: string) => void;

/**
 * By the browser's own command. For editors that observe how the browser changes their elements, or get an event before: they treat the
 * change as typing, and undo it by their own history.
 */
export function byCommand(_element: HTMLElement, text: string): void {
  document.execCommand("insertText", false, text);
}

/**
 * By a `beforeinput` event only. For editors that draw their own model, and break if the browser changes their elements. A single letter is
 * sent as a replacement, because such an editor leaves the typing of single letters to the browser.
 */
export function byRequest(element: HTMLElement, text: string): void {
  element.dispatchEvent(beforeInput(text.length === 1 ? "insertReplacementText" : "insertText", text));
}

/**
 * By a `beforeinput` event first, and by the command if nobody cancelled the event: an editor that cancels it has inserted the text itself,
 * and a second write would double it. The way for every editor that needs no special one.
 */
export function byRequestOrCommand(element: HTMLElement, text: string): void {
  if (element.dispatchEvent(beforeInput("insertText", text))) byCommand(element, text);
}

function beforeInput(inputType: string, data: string): InputEvent {
  return new InputEvent("beforeinput", { inputType, data, bubbles: true, cancelable: true, composed: true });
}
