/**
 * Editors with their own undo history join text that is typed in quick succession into one step. Here the editor is told that a step ends,
 * so that Ctrl-Z undoes an accepted word and nothing else. Runs in the page's own world, because only there an editor's object can be
 * reached. No text passes through here.
 */

import { editorOf } from "../ghost/fields/editors/index.ts";
import type { UndoMoment } from "../ghost/page-access.ts";

export function endUndoStep(element: HTMLElement, moment: UndoMoment): void {
  try {
    editorOf(element)?.endUndoStep?.(element, moment);
  } catch {
    // This version of the editor is unknown: its undo steps stay as they are. Its text is not touched here.
  }
}

/** The user has entered an editor. Some editors give access to their object only while they draw, so they are watched from then on. */
export function noticeEntered(element: HTMLElement): void {
  editorOf(element)?.entered?.(element);
}
