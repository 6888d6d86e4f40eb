import type { UndoMoment } from "../../page-access.ts";
import type { Write } from "../write.ts";

/**
 * The description of one editor. Both worlds of a page import it: the content script uses all but the last two members; these run in the
 * page's own world (`page/undo-steps.ts`), because an editor's object can be reached only there. They get no text.
 */
export interface Editor {
  readonly name: string;
  /** Matches the element that the user writes in. */
  readonly selector: string;
  /** It is a code editor: these are off until the user turns them on. */
  readonly isCode?: boolean;
  /** The editor itself puts opt-out attributes for writing tools on every field, so these attributes do not say what the page wants. */
  readonly optsOutByItself?: boolean;
  /** Matches an element that gets the focus and the keys, but contains none of the text: no field is recognised there. */
  readonly hiddenInput?: string;
  /** The way to insert text. Default: `byRequestOrCommand`. */
  readonly write?: Write;
  /**
   * It loses line breaks in text that is inserted, or makes an undo step of each line. It gets spaces in their place.
   */
  readonly joinsLines?: boolean;
  /** The user enters the editor. */
  entered?(element: HTMLElement): void;
  /** Ends the undo step, so that Ctrl-Z undoes an accepted word and nothing else. For editors with their own history. */
  endUndoStep?(element: HTMLElement, moment: UndoMoment): void;
}
