/** Where ghost text goes: plain numbers in the viewport's pixels, as a field measured them and the screen draws them. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How the line that holds the caret begins. */
export type Lead = TextLead | CaretLead;

/** With this text, laid out again unseen: all that stands before the caret. */
export interface TextLead {
  readonly kind: "text";
  readonly text: string;
  readonly multiline: boolean;
  readonly align: string;
}

/** With this much room, to a caret whose place is known. */
export interface CaretLead {
  readonly kind: "caret";
  readonly indent: number;
  readonly caret: Box;
}

export interface Place {
  /** Nothing is drawn outside of it. */
  readonly clip: Box;
  /** The box that the field's text flows in, moved by scrolling: its corner in the viewport's pixels, its size in the field's own. */
  readonly flow: Box;
  /** How much larger the field is on the screen than in its own pixels. */
  readonly scale: number;
  /** Whether text goes on in the next line where it meets the flow's edge. */
  readonly wraps: boolean;
  readonly rightToLeft: boolean;
  readonly style: ReadonlyMap<string, string>;
  readonly colour: string;
  readonly background: string;
  readonly lead: Lead;
  /** Whether the field itself, and not something over it, is what one sees at this point. */
  seenAt(x: number, y: number): boolean;
}

export function intersection(a: Box, b: Box): Box {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  const right = Math.min(a.left + a.width, b.left + b.width);
  const bottom = Math.min(a.top + a.height, b.top + b.height);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

export function isInside(box: Box, x: number, y: number): boolean {
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}
