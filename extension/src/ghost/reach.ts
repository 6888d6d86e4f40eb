import type { Moment } from "../page/undo-steps.ts";

/** What reaches further than the document does: given by whoever puts ghost text on a page. */
export interface Reach {
  /** The root of an element's shadow tree, also where the page closed it. */
  shadowOf(element: Element): ShadowRoot | null;
  /** A rich editor is written in from now on. */
  entered(element: HTMLElement): void;
  /** Its undo step ends here. */
  undoStep(element: HTMLElement, moment: Moment): void;
}
