import type { Choice, Position } from "../decide.ts";
import { type Box, isInside, isSameBox, type Placement } from "../placement.ts";
import type { Screen } from "../screen.ts";
import { areFontsLoaded } from "./fonts.ts";
import { GhostLine } from "./ghost-line.ts";
import { createHost } from "./host.ts";

/** How often, at most, it is checked during typing whether something covers the field. */
const CHECK_MS = 200;

/**
 * Ghost text over the page: one element beside `body`, with everything else in its closed shadow root. Nothing of it is ever inside an
 * editor or a document that is edited. The element comes with the first ghost text in a field, and stays until the user leaves the field.
 */
export class Overlay implements Screen {
  readonly #host = createHost();
  readonly #line = new GhostLine(this.#host.attachShadow({ mode: "closed" }));
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** Where ghost text was drawn last. */
  #placement: Placement | null = null;
  readonly #print = matchMedia("print");
  /** An element that fills the screen covers everything that came before it. */
  #fullscreen: Element | null = null;

  show(text: string, position: Position, placement: Placement, choice: Choice | null): boolean {
    if (this.#print.matches || !areFontsLoaded(placement.style, text)) {
      this.hide();
      return false;
    }
    this.#appear(placement.frame?.ownerDocument ?? document);
    this.#line.layOut(text, placement, choice);
    const standsStill = position === "inline" && this.#standsStill(placement);
    // If the field has moved, it may be under something else now.
    const hasMoved = !this.#placement || !isSameBox(this.#placement.clip, placement.clip);
    this.#placement = placement;
    if (standsStill) return true;
    const start = this.#line.start(placement, text);
    if (!this.#isSeen(start, hasMoved ? 0 : CHECK_MS)) {
      this.hide();
      return false;
    }
    this.#line.setPosition(text, position, start, placement);
    return true;
  }

  /**
   * Whether only the text of the line has changed since the last check. The browser keeps the caret in view, so ghost text is visible.
   * Measuring it now would force a second layout in this frame. The next key press measures it.
   */
  #standsStill(placement: Placement): boolean {
    const last = this.#placement;
    if (last?.lead.kind !== "text" || placement.lead.kind !== "text" || this.#line.isBelow) return false;
    // A letter that is typed at the edge of an input scrolls its line.
    const left = placement.lead.text === last.lead.text ? last.flow.left : placement.flow.left;
    const sameBoxes = isSameBox(last.clip, placement.clip) && isSameBox({ ...last.flow, left }, placement.flow);
    return sameBoxes && last.scale === placement.scale && performance.now() - this.#checkedAt < CHECK_MS;
  }

  doubt(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
  }

  leave(): void {
    this.hide();
    this.#host.remove();
  }

  hide(): void {
    this.#line.erase();
    this.doubt();
    this.#placement = null;
  }

  isStillSeen(): boolean {
    const placement = this.#placement;
    if (!placement || performance.now() - this.#checkedAt < CHECK_MS / 2) return true;
    const { lead } = placement;
    return this.#isSeen(lead.kind === "caret" ? lead.caret : this.#line.ghostBox(placement), 0);
  }

  /** Asking the browser what is at a point is the most expensive part of drawing. A check is valid for `ms`. */
  #isSeen(start: Box, ms: number): boolean {
    const placement = this.#placement;
    if (!placement) return false;
    const middle = start.top + start.height / 2;
    // One pixel into the line: the caret is on the edge of its box, and the edge already belongs to the neighbour.
    const inside = start.left + (placement.rightToLeft ? -1 : 1);
    if (!isInside(placement.clip, inside, middle)) return false;
    const now = performance.now();
    if (now - this.#checkedAt < ms) return true;
    this.#checkedAt = now;
    return placement.seenAt(inside, middle);
  }

  #appear({ documentElement, fullscreenElement }: Document): void {
    const isOnTop = fullscreenElement === this.#fullscreen && this.#host.matches(":popover-open");
    if (this.#host.parentNode === documentElement && isOnTop) return;
    this.#fullscreen = fullscreenElement;
    this.#host.remove();
    documentElement.append(this.#host);
    this.#host.showPopover();
  }
}
