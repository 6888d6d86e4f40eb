import { zoomOf } from "../zoom.ts";

/** The one element that ghost text adds to a page. */

const STYLE: Readonly<Record<string, string>> = {
  all: "initial",
  position: "fixed",
  inset: "0 auto auto 0",
  width: "0",
  height: "0",
  overflow: "visible",
  "pointer-events": "none",
  "user-select": "none",
  "z-index": "2147483647",
  // With forced colours the browser draws a plate behind each line of text, also an invisible one. It would cover what was typed.
  "forced-color-adjust": "none",
};

/** An element for the top layer, so that dialogs do not hide it. The page's own styles can't change it. */
export function createHost(): HTMLElement {
  const host = document.createElement("div");
  for (const [name, value] of Object.entries(STYLE)) host.style.setProperty(name, value, "important");
  host.setAttribute("aria-hidden", "true");
  host.popover = "manual";
  return host;
}

/** Undoes the style `zoom` of the page's root element, so that one pixel in the host is one pixel of the viewport. */
export function unzoom(host: HTMLElement): void {
  const zoom = zoomOf(document.documentElement);
  if (zoom !== 1 || host.style.zoom !== "") host.style.setProperty("zoom", `${1 / zoom}`, "important");
}

/**
 * Removes the ghost text, or the hint, of a script that could not remove it itself: if an extension is updated, Firefox ends its content
 * scripts without a chance to clean up.
 */
export function removeLeftovers(): void {
  const alike = document.documentElement?.querySelectorAll<HTMLElement>(':scope > div[popover="manual"]:empty');
  for (const host of alike ?? []) if (isOurs(host.style)) host.remove();
}

const isOurs = (style: CSSStyleDeclaration): boolean =>
  ["position", "z-index"].every(
    (name) => style.getPropertyValue(name) === STYLE[name] && style.getPropertyPriority(name) === "important",
  );
