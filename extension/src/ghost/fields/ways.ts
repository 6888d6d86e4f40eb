/** How text is put into the rich editors, so that each takes it as typed. */

/** Puts `text` in at the caret, once. */
export type Way = (element: HTMLElement, text: string) => void;

/**
 * Editors that read what the browser did to their elements, or hear of it before. What the browser's own command does they take for
 * typing, and undo it by their own steps.
 */
const BY_COMMAND = ".ProseMirror, .ql-editor, .cm-content, .mce-content-body, [g_editable]";

/** Editors that draw what their model says: what the browser does to their elements behind its back breaks them. */
const BY_REQUEST = '[data-slate-editor="true"]';

/** In Firefox it waits for what the browser does after a request, and would do both; elsewhere it takes requests, and no commands. */
const CKEDITOR = ".ck-editor__editable";
const IS_FIREFOX = "mozInnerScreenX" in globalThis;

export function wayInto(element: HTMLElement): Way {
  if (IS_FIREFOX && element.matches(CKEDITOR)) return command;
  if (element.matches(BY_COMMAND)) return command;
  if (element.matches(BY_REQUEST)) return request;
  return requestOrCommand;
}

function command(_element: HTMLElement, text: string): void {
  document.execCommand("insertText", false, text);
}

/** A single letter that is "typed" Slate would leave to the browser, which does not type here: replaced text it takes itself. */
function request(element: HTMLElement, text: string): void {
  element.dispatchEvent(beforeInput(text.length === 1 ? "insertReplacementText" : "insertText", text));
}

/** An editor that cancels the request has put the text in by its own means: a second write would double it. */
function requestOrCommand(element: HTMLElement, text: string): void {
  if (element.dispatchEvent(beforeInput("insertText", text))) command(element, text);
}

function beforeInput(inputType: string, data: string): InputEvent {
  return new InputEvent("beforeinput", { inputType, data, bubbles: true, cancelable: true, composed: true });
}
