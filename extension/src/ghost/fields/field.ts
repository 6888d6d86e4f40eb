import type { PageAccess } from "../page-access.ts";
import type { Placement } from "../placement.ts";
import type { FieldKind } from "./field-kind.ts";

/** The text around the caret. `before` ends and `after` begins at the caret; each is cut to the limit that was asked for. */
export interface FieldText {
  readonly before: string;
  readonly after: string;
  /** There is a selection instead of a caret. */
  readonly selected: boolean;
  /** The number of further characters that the field accepts. */
  readonly room: number;
}

/**
 * "refused": the field is as it was before. "unverified": the field does not contain what it should.
 */
export type Written = "written" | "refused" | "unverified";

/** Listens to changes in an editor that cause no event of the page. */
export interface EditorListener {
  /** The text, the caret, or their place on the screen has changed, and the change is drawn. */
  changed(): void;
  composing(is: boolean): void;
}

/** The parts of the page that a field needs. */
export interface FieldContext {
  readonly privacy: {
    isClosed(element: HTMLElement): boolean;
    isOptedOut(element: Element): boolean;
    forbidsTools(element: Element): boolean;
  };
  readonly page: PageAccess;
}

/** A field with the focus. Only its class knows how its text is read, where its caret is, and how text is written into it. */
export interface Field {
  readonly element: HTMLElement;
  /** As it was when the field got the focus. */
  readonly kind: FieldKind;
  /** The field has one line, so Tab also leads to the next field. */
  readonly oneLine: boolean;
  /** Whether inserted text may have several lines. */
  readonly takesLines: boolean;
  /** The subject of the mail that is written here; empty if there is none. */
  readonly subject: string;
  /** The mail that is answered here; empty if there is none. It is looked for on the page each time. */
  readonly answered: string;
  /** What the page calls a field of one line in a form; empty for other fields, and if there is no label. */
  readonly label: string;
  /** Whether it may be read now. Asked before every reading: a page may change its fields while the user types. */
  readonly readable: boolean;
  /** Only for editors whose text and caret change without an event of the page. Ends with `signal`. */
  watch?(listener: EditorListener, signal: AbortSignal): void;
  /** The text around the caret. Null if the caret is not in the field. */
  read(limit: number): FieldText | null;
  /** Whether the page draws a suggestion of its own at the caret. Asked only if ghost text would be drawn. */
  readonly hasPageSuggestion: boolean;
  /** The place where text after the caret would be drawn. Null if it would not be visible there. */
  placement(): Placement | null;
  /**
   * Inserts `text` at the caret, once, as if the user had typed it. The insertion is done before this returns. The promise resolves when the
   * field has taken the text, which an editor with its own model may do later. The text counts as taken also if the page has changed its
   * quotes or case, or has cut it.
   */
  insert(text: string): Promise<Written>;
  /**
   * Replaces `typed`, which ends at the caret, by `text`, in one undo step. "refused" also if `typed` is not there. Missing in an editor that
   * can't do it.
   */
  replace?(typed: string, text: string): Promise<Written>;
}
