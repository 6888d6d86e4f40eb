/**
 * Ends the browser's current undo step, so that Ctrl-Z undoes what is inserted next and nothing before it. Chromium ends a step when the
 * selection is moved by anything but typing.
 */
export function startNewUndoStep(element: HTMLTextAreaElement | HTMLInputElement): void {
  const at = element.selectionStart;
  if (at === null || at === 0) return;
  element.setSelectionRange(at - 1, at - 1);
  element.setSelectionRange(at, at);
}

/** The same in a rich editor. */
export function startNewUndoStepIn(selection: Selection): void {
  const { anchorNode, anchorOffset } = selection;
  if (!anchorNode) return;
  selection.modify("move", "backward", "character");
  selection.collapse(anchorNode, anchorOffset);
}
