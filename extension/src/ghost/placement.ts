/** The place of ghost text: numbers in pixels of the viewport, measured by a field and used by the screen. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The part of the caret's line before ghost text. */
export type Lead = TextLead | CaretLead;

/** All text before the caret. It is laid out again, invisibly. */
export interface TextLead {
  readonly kind: "text";
  readonly text: string;
  readonly multiline: boolean;
  readonly align: string;
  /** The indent of the first line, as the page has set it. */
  readonly indent: string;
}

/** Empty space up to a caret whose box is known. */
export interface CaretLead {
  readonly kind: "caret";
  readonly indent: number;
  readonly caret: Box;
}

export interface Placement {
  /** Only if ghost text is not drawn in the field's own document: the frame around that document. */
  readonly frame?: HTMLElement;
  /** Nothing is drawn outside of it. */
  readonly clip: Box;
  /** The box that the field's text flows in, moved by scrolling: its corner in pixels of the viewport, its size in pixels of the field. */
  readonly flow: Box;
  /** The number of pixels of the viewport that one pixel of the field takes. */
  readonly scale: number;
  /** The part of `scale` that comes from the style `zoom`. With it, the browser lays text out in the enlarged size. */
  readonly zoom: number;
  /** Whether a line that is too long continues in the next line. */
  readonly wraps: boolean;
  readonly rightToLeft: boolean;
  readonly style: ReadonlyMap<string, string>;
  readonly colour: string;
  readonly background: string;
  readonly lead: Lead;
  /** Whether the field itself, and nothing over it, is visible at this point. */
  seenAt(x: number, y: number): boolean;
  /** Whether ghost text in `box` would cover no text and nothing that can be pressed. `start`: where ghost text begins in its line. */
  isFree(box: Box, start: Box): boolean;
}

/** Whether letters that are typed do not move the letters before them in their line. */
export const startsAtFixedEdge = (lead: Lead): boolean =>
  lead.kind === "caret" || /^(start|justify|left)$/.test(lead.align);

/** The viewport of a window. */
export const viewportOf = ({ innerWidth: width, innerHeight: height }: Window): Box => ({
  left: 0,
  top: 0,
  width,
  height,
});

export function intersection(a: Box, b: Box): Box {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  const right = Math.min(a.left + a.width, b.left + b.width);
  const bottom = Math.min(a.top + a.height, b.top + b.height);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** Whether two boxes have more in common than an edge. */
export function overlap(a: Box, b: Box): boolean {
  const { width, height } = intersection(a, b);
  return width > 1 && height > 1;
}

export function isInside(box: Box, x: number, y: number): boolean {
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}

/** Whether `inner` is in `outer`, with a pixel to spare. */
export function contains(outer: Box, inner: Box): boolean {
  const { left, top, width, height } = outer;
  return (
    isInside({ left: left - 1, top: top - 1, width: width + 2, height: height + 2 }, inner.left, inner.top) &&
    inner.left + inner.width <= left + width + 1 &&
    inner.top + inner.height <= top + height + 1
  );
}

export function isSameBox(a: Box, b: Box): boolean {
  return a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;
}
