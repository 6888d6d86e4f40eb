import { zoomOf } from "../zoom.ts";

/**
 * The number of pixels of the viewport that one pixel of `element` takes. Null if it is not the same in both directions, because the page
 * has turned or stretched the element: ghost text would not have the place and the form of the typed text.
 */
export function scaleOf(element: HTMLElement): number | null {
  const { offsetWidth, offsetHeight } = element;
  if (offsetWidth === 0) return null;
  const { width, height } = element.getBoundingClientRect();
  const zoom = zoomOf(element);
  // `offsetWidth` is rounded to whole pixels.
  const scale = Math.abs(width - offsetWidth * zoom) <= zoom ? zoom : width / offsetWidth;
  const rounding = scale * (1 + offsetHeight / offsetWidth);
  return Math.abs(height - offsetHeight * scale) <= rounding ? scale : null;
}
