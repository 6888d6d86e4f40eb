import { isSameBox } from "../placement.ts";

/** Any change of the visible part is reported: a field that moves by a pixel shows one part in a thousand less, or more. */
const THRESHOLDS = Array.from({ length: 1001 }, (_, index) => index / 1000);

/**
 * Notices that an element moves, without looking at it in each frame: the browser reports when the element leaves the box in which it
 * is now. Ends with `signal`.
 */
export function hug(element: Element, moved: () => void, signal: AbortSignal): void {
  let observer: IntersectionObserver | null = null;
  /** The place in which the element is held. Null until the browser has told where the element is. */
  let place: DOMRectReadOnly | null = null;
  const hear = (entries: IntersectionObserverEntry[]) => {
    const now = entries.at(-1)?.boundingClientRect;
    if (!now || signal.aborted || (place && isSameBox(place, now))) return;
    const isFirst = place === null;
    place = now;
    hold(marginsOf(now, element.ownerDocument));
    if (!isFirst) moved();
  };
  const hold = (rootMargin: string) => {
    observer?.disconnect();
    observer = new IntersectionObserver(hear, { root: element.ownerDocument, rootMargin, threshold: THRESHOLDS });
    observer.observe(element);
  };
  signal.addEventListener("abort", () => observer?.disconnect(), { once: true });
  hold("0px");
}

/** The margins that shrink the viewport to the box. The browser takes whole pixels only. */
function marginsOf({ left, top, right, bottom }: DOMRectReadOnly, { documentElement }: Document): string {
  const { clientWidth, clientHeight } = documentElement;
  return [top, clientWidth - right, clientHeight - bottom, left].map((px) => `${-Math.floor(px)}px`).join(" ");
}
