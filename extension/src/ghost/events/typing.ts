import type { Completer } from "../completer.ts";
import type { HistoryStep } from "../taken-texts.ts";
import type { FocusedField } from "./focused-field.ts";
import type { Follower } from "./follower.ts";

const STEPS: Readonly<Record<string, HistoryStep>> = { historyUndo: "undo", historyRedo: "redo" };

/** Passes keys, text and compositions of the focused field on to `completer`. */
export function listenToTyping(
  completer: Completer,
  focused: FocusedField,
  follower: Follower,
  window: Window,
  signal: AbortSignal,
): void {
  const passive = { capture: true, passive: true, signal };
  /** Keys that were pressed for ghost text and are not released yet. */
  const usedUp = new Set<string>();
  /** Whether a key was pressed since the last input. */
  let byKey = false;

  const onInput = (event: Event) => {
    if (!completer.element) return;
    if (!byKey && isWords(event)) completer.dictated();
    byKey = false;
    const step = STEPS[(event as InputEvent).inputType];
    if (step) completer.stepped(step);
    follower.followText();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!focused.isSourceOf(event)) return;
    byKey = true;
    // If the page was open before this script came, its own listeners run first, and may have used the key.
    if (event.defaultPrevented || !completer.press(event)) {
      // A page that sends the text empties the field by a script. Chromium reports no event for that.
      if (event.key === "Enter") follower.follow();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    usedUp.add(event.code);
  };
  // Some pages close a dialog when Escape is released. If a key was used for ghost text, the page gets neither of its events.
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.isTrusted && usedUp.delete(event.code)) event.stopImmediatePropagation();
  };
  const compose = (is: boolean) => (event: Event) => {
    if (focused.isSourceOf(event)) completer.compose(is);
  };

  window.addEventListener("input", onInput, passive);
  window.addEventListener("compositionstart", compose(true), passive);
  window.addEventListener("compositionend", compose(false), passive);
  window.addEventListener("keydown", onKeyDown, { capture: true, passive: false, signal });
  window.addEventListener("keyup", onKeyUp, passive);
}

/** Whether more than one letter was inserted at once, as by dictation. Pasting and undoing have other input types. */
function isWords(event: Event): boolean {
  const { inputType, data } = event as InputEvent;
  return inputType === "insertText" && data !== null && [...data].length > 1;
}
