import type { Placement } from "../placement.ts";

/**
 * Whether all fonts that `text` needs are loaded. Drawing the text would load a missing one. A page that declares a separate font for each
 * letter could then read ghost text from the requests to its server.
 */
export function areFontsLoaded(style: Placement["style"], text: string): boolean {
  const font = ["font-style", "font-weight", "font-size", "font-family"].map((name) => style.get(name)).join(" ");
  try {
    return document.fonts.check(font, text);
  } catch {
    return false;
  }
}
