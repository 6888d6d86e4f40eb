import type { Kind } from "../client.ts";
import type { Place } from "../place.ts";

/** What stands around the caret. `before` ends and `after` begins at the caret; each is cut to what was asked for. */
export interface FieldText {
  readonly before: string;
  readonly after: string;
  /** There is a selection, not a caret. */
  readonly selected: boolean;
  /** How many characters the field still takes. */
  readonly room: number;
}

/** What a field is for: `text` is one of several lines, `line` of one. Of the two, and of code, the server is told that they are text. */
export type FieldKind = Kind | "line" | "code";

export type Written = "written" | "refused" | "unverified";

/** Who is told of what an editor does without the page's events. */
export interface Heard {
  /** Its text, its caret or their place is another one, and that is drawn by now. */
  changed(): void;
  composing(is: boolean): void;
}

/** One kind of editor. Nothing else knows how text is read from it, where it is drawn, or how it is written. */
export interface Field {
  readonly element: HTMLElement;
  /** As it was when the field was entered. */
  readonly kind: FieldKind;
  /** Whether it may be read now. Asked before every reading: pages change their fields while one types. */
  readonly open: boolean;
  /** Only of editors whose text and caret change without an event of the page. Ends with `signal`. */
  watch?(heard: Heard, signal: AbortSignal): void;
  /** The text around the caret, null where the caret is not in the field. */
  read(limit: number): FieldText | null;
  /** Where text after the caret would stand, null where that can't be seen. */
  place(): Place | null;
  /**
   * Puts `text` in at the caret as the user would, once, before it gives back anything. Ends when the field has taken it, which an
   * editor with a model of its own may do later. "unverified": the field is not what it should be then; leave it alone.
   */
  insert(text: string): Promise<Written>;
}
