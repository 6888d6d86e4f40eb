import type { Choice, Position } from "../decide.ts";
import {
  type Box,
  contains,
  isInside,
  isSameBox,
  type Placement,
  startsAtFixedEdge,
  viewportOf,
} from "../placement.ts";
import type { Screen } from "../screen.ts";
import { nextWord } from "../text/words.ts";
import { areFontsLoaded } from "./fonts.ts";
import { GhostLine } from "./ghost-line.ts";
import { createHost, unzoom } from "./host.ts";
import { fitting, labelBoxes, readable, type Word, wordsOf } from "./room.ts";

/** How often, at most, it is checked during typing whether something covers the field, or is covered by ghost text. */
const CHECK_MS = 200;
/** How long a place is known to be free. Shorter than the pause after which ghost text is drawn again: that drawing asks anew. */
const FREE_MS = 400;
/** How far outside of the clip the caret may be: the browser scrolls a line in whole pixels. */
const CARET = 3;

/** Ghost text as it was drawn last. */
interface Drawn {
  readonly text: string;
  /** The part of `text` that can be read. */
  readonly read: string;
  readonly placement: Placement;
  /** Where `text` would end in a single line. Null if it is not known without measuring. */
  readonly end: number | null;
}

/**
 * Ghost text over the page: one element beside `body`, with everything else in its closed shadow root. Nothing of it is ever inside an
 * editor or a document that is edited. The element comes with the first ghost text in a field, and stays until the user leaves the field.
 */
export class Overlay implements Screen {
  readonly #host = createHost();
  readonly #line = new GhostLine(this.#host.attachShadow({ mode: "closed" }));
  #checkedAt = Number.NEGATIVE_INFINITY;
  #drawn: Drawn | null = null;
  readonly #print = matchMedia("print");
  /** The places that were free a short time ago. While the user types a suggestion, it needs only a part of them. */
  #free: readonly { readonly box: Box; readonly at: number }[] = [];
  /** An element that fills the screen covers everything that came before it. */
  #fullscreen: Element | null = null;

  show(text: string, position: Position, placement: Placement, choice: Choice | null): string | null {
    const isVisible = !this.#print.matches && areFontsLoaded(placement.style, text);
    const read = isVisible ? this.#draw(text, position, placement, choice) : "";
    if (read === "") this.hide();
    return read === "" ? null : read;
  }

  /** Draws as much of `text` as can be read, in the line or else as a label. Returns that part. */
  #draw(text: string, position: Position, placement: Placement, choice: Choice | null): string {
    this.#appear(placement.frame?.ownerDocument ?? document);
    const words = this.#line.layOut(text, placement, choice);
    const end = endOf(words, placement);
    const known = position === "inline" ? this.#lengthKnown(text, placement, end) : 0;
    const read =
      known > 0 ? this.#drawInline(text, known, placement) : this.#drawChecked(text, words, position, placement);
    this.#drawn = { text, read, placement, end };
    return read;
  }

  /**
   * The number of characters that can be read, if the user has typed letters of the suggestion since the last check: its end is then where
   * it was. Measuring and asking again would force a second layout in this frame; the next key press measures the next word. Otherwise 0.
   */
  #lengthKnown(text: string, placement: Placement, end: number | null): number {
    const last = this.#drawn;
    if (!last || this.#line.isBelow || !this.#isTypedThrough(text)) return 0;
    const isSamePlace = this.#isAtSamePlace(placement) && isSameBox(last.placement.flow, placement.flow);
    const hasSameEnd = Math.abs((last.end ?? 0) - (end ?? 0)) < 1 && startsAtFixedEdge(placement.lead);
    const length = text.length - (last.text.length - last.read.length);
    return isSamePlace && hasSameEnd && length >= nextWord(text).length ? length : 0;
  }

  #isTypedThrough(text: string): boolean {
    return this.#drawn?.text.endsWith(text) === true && performance.now() - this.#checkedAt < CHECK_MS;
  }

  #isAtSamePlace({ clip, scale }: Placement): boolean {
    const last = this.#drawn?.placement;
    return last !== undefined && isSameBox(last.clip, clip) && last.scale === scale;
  }

  #isFree(box: Box, start: Box, placement: Placement): boolean {
    const now = performance.now();
    const isKnown = this.#isAtSamePlace(placement);
    this.#free = this.#free.filter(({ at }) => isKnown && now - at < FREE_MS);
    if (this.#free.some((known) => contains(known.box, box))) return true;
    const isFree = placement.isFree(box, start);
    if (isFree) this.#free = [...this.#free, { box, at: now }];
    return isFree;
  }

  #drawInline(text: string, length: number, placement: Placement): string {
    // The caret's own box is known without measuring.
    if (placement.lead.kind === "caret") this.#line.start(text, placement);
    this.#line.drawInline(length);
    return text.slice(0, length);
  }

  #drawChecked(text: string, words: readonly Word[], position: Position, placement: Placement): string {
    const start = this.#line.start(text, placement);
    const isChecked = this.#line.isBelow && this.#isTypedThrough(text) && this.#isAtSamePlace(placement);
    if (!isChecked && !this.#isSeen(start, placement)) return "";
    const isFree = (box: Box) => this.#isFree(box, start, placement);
    const lines = this.#line.lines(placement, start);
    const length = position === "inline" ? readable(words, lines, placement.clip, isFree) : 0;
    if (length < nextWord(text).length) return this.#drawLabel(text, words, start, placement, isFree);
    this.#line.drawInline(length);
    return text.slice(0, length);
  }

  #drawLabel(
    text: string,
    words: readonly Word[],
    start: Box,
    placement: Placement,
    isFree: (box: Box) => boolean,
  ): string {
    const window = windowBox(placement);
    const label = text.trimStart();
    const spaces = text.length - label.length;
    const labelled = spaces > 0 ? words.slice(1) : words;
    const padding = this.#line.paddingOfLabel(placement);
    const length = fitting(labelled, window.width - padding);
    if (length < nextWord(label).length) return "";
    const width = wordsOf(labelled, length).reduce((sum, one) => sum + one.width, padding);
    const size = { width, height: start.height + 2 };
    const box = labelBoxes(start, size, window, placement.rightToLeft).find(isFree);
    if (!box) return "";
    this.#line.drawLabel(label, length, box, placement);
    return text.slice(0, spaces + length);
  }

  doubt(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    this.#free = [];
  }

  leave(): void {
    this.hide();
    this.#host.remove();
  }

  hide(): void {
    this.#line.erase();
    this.doubt();
    this.#drawn = null;
  }

  isStillSeen(): boolean {
    const drawn = this.#drawn;
    if (!drawn || performance.now() - this.#checkedAt < CHECK_MS / 2) return true;
    const { placement, read } = drawn;
    const { isBelow } = this.#line;
    if (!this.#line.isNextWordIn(read, isBelow ? windowBox(placement) : placement.clip)) return false;
    return this.#isSeen(this.#line.start(read, placement), placement);
  }

  #isSeen(start: Box, { clip, rightToLeft, seenAt }: Placement): boolean {
    this.#checkedAt = performance.now();
    const middle = start.top + start.height / 2;
    // One pixel into the line: the caret is on the edge of its box. If the box ends at the caret, its neighbour begins there.
    const [inside, before] = rightToLeft ? [-1, 1] : [1, -1];
    return [inside, before].some((pixels) => {
      const x = Math.max(clip.left + 1, Math.min(start.left + pixels, clip.left + clip.width - 1));
      return Math.abs(x - start.left) <= CARET && isInside(clip, x, middle) && seenAt(x, middle);
    });
  }

  #appear({ documentElement, fullscreenElement }: Document): void {
    unzoom(this.#host);
    const isOnTop = fullscreenElement === this.#fullscreen && this.#host.matches(":popover-open");
    if (this.#host.parentNode === documentElement && isOnTop) return;
    this.#fullscreen = fullscreenElement;
    this.#host.remove();
    documentElement.append(this.#host);
    this.#host.showPopover();
  }
}

function endOf(words: readonly Word[], { lead, rightToLeft }: Placement): number | null {
  if (lead.kind === "text") return null;
  const width = words.reduce((sum, word) => sum + word.width, 0);
  return lead.caret.left + (rightToLeft ? -width : width);
}

/** The window in which ghost text is drawn. */
const windowBox = ({ frame }: Placement): Box => viewportOf(frame?.ownerDocument.defaultView ?? window);
