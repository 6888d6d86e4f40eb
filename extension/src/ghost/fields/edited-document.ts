import { type Box, intersection, type Placement } from "../placement.ts";
import { edges } from "./edges.ts";
import { clippedByAncestors, isSeenAt } from "./visibility.ts";

/**
 * Documents that are edited as a whole: an editor saves everything that is in them. So nothing is added to them, and ghost text for such a
 * document is drawn in the document around its frame.
 */

/** Whether the user edits the whole document. */
export function isEdited({ designMode, body }: Document): boolean {
  return designMode === "on" || body?.isContentEditable === true;
}

/** Whether ghost text for the fields of this document can be drawn: in itself, or in the document around its frame. */
export function canDrawFor(document: Document): boolean {
  return document.documentElement instanceof HTMLElement && (!isEdited(document) || frameAround(document) !== null);
}

/** The same place in the document in which ghost text may be drawn. Null if there is none. */
export function outOfEdited(placement: Placement, document: Document): Placement | null {
  if (!isEdited(document)) return placement;
  const frame = frameAround(document);
  return frame && throughFrame(placement, frame);
}

/** The frame that contains the document, if the document around it is of the same site and is not edited itself. */
function frameAround({ defaultView }: Document): HTMLElement | null {
  const frame = defaultView?.frameElement;
  return frame && !isEdited(frame.ownerDocument) ? (frame as HTMLElement) : null;
}

/** `placement` as seen from the document around `frame`. */
function throughFrame(placement: Placement, frame: HTMLElement): Placement | null {
  const outer = frame.getBoundingClientRect();
  if (frame.offsetWidth === 0) return null;
  const scale = outer.width / frame.offsetWidth;
  const style = frame.ownerDocument.defaultView?.getComputedStyle(frame);
  if (!style) return null;
  const [border, padding] = [edges(style, "border"), edges(style, "padding")];
  const left = outer.left + (border.left + padding.left) * scale;
  const top = outer.top + (border.top + padding.top) * scale;
  const moved = <Point extends { readonly left: number; readonly top: number }>(point: Point): Point => ({
    ...point,
    left: left + point.left * scale,
    top: top + point.top * scale,
  });
  const grown = (box: Box): Box => ({ ...moved(box), width: box.width * scale, height: box.height * scale });
  const shrunk = (box: Box): Box => ({
    left: (box.left - left) / scale,
    top: (box.top - top) / scale,
    width: box.width / scale,
    height: box.height / scale,
  });
  const { clip, flow, lead } = placement;
  const inside = {
    left,
    top,
    width: (frame.clientWidth - padding.left - padding.right) * scale,
    height: (frame.clientHeight - padding.top - padding.bottom) * scale,
  };
  return {
    ...placement,
    frame,
    clip: clippedByAncestors(frame, intersection(grown(clip), inside)),
    flow: moved(flow),
    scale: placement.scale * scale,
    lead: lead.kind === "caret" ? { ...lead, caret: grown(lead.caret) } : lead,
    isFree: (box, start) => placement.isFree(shrunk(box), shrunk(start)),
    seenAt: (x, y) => isSeenAt(frame, x, y) && placement.seenAt((x - left) / scale, (y - top) / scale),
  };
}
