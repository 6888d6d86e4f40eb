/** Just before text is inserted, or just after. */
export type UndoMoment = "before" | "after";

/** Access to parts of a page that the document itself does not give. The caller of `completeHere` provides it. */
export interface PageAccess {
  /** The root of an element's shadow tree, if possible also a closed one. */
  shadowOf(element: Element): ShadowRoot | null;
  /** The user enters a rich editor. */
  entered(element: HTMLElement): void;
  /** The editor's undo step has to end at this moment. */
  undoStep(element: HTMLElement, moment: UndoMoment): void;
}
