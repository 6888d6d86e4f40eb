import type { Placement } from "../placement.ts";

type Style = Placement["style"];

/** The computed values of `font-stretch`, and their names in the shorthand `font`. */
const WIDTHS: ReadonlyMap<string, string> = new Map([
  ["50%", "ultra-condensed"],
  ["62.5%", "extra-condensed"],
  ["75%", "condensed"],
  ["87.5%", "semi-condensed"],
  ["112.5%", "semi-expanded"],
  ["125%", "expanded"],
  ["150%", "extra-expanded"],
  ["200%", "ultra-expanded"],
]);

/** The font of a text style in the shorthand that `document.fonts` and a canvas take. Both then choose the same font. */
export function fontOf(style: Style): string {
  const caps = hasSmallCaps(style) ? "small-caps" : "";
  const width = WIDTHS.get(style.get("font-stretch") ?? "") ?? "";
  const [slant, weight, size, family] = ["font-style", "font-weight", "font-size", "font-family"].map((name) =>
    style.get(name),
  );
  return `${slant} ${caps} ${weight} ${width} ${size} ${family}`;
}

/** `word` with the letters that the style shows. */
export function lettersShown(word: string, style: Style, isWhole: boolean): string {
  switch (style.get("text-transform")) {
    case "uppercase":
      return word.toUpperCase();
    case "lowercase":
      return word.toLowerCase();
    case "capitalize":
      return isWhole ? word.replace(/\p{L}/u, (letter) => letter.toUpperCase()) : word;
    default:
      return word;
  }
}

/**
 * Whether all fonts that `text` needs are loaded. Drawing the text would load a missing one. A page that declares a separate font for each
 * letter could then read ghost text from the requests to its server.
 */
export function areFontsLoaded(style: Style, text: string): boolean {
  const isChanged = hasSmallCaps(style) || style.get("text-transform") !== "none";
  const letters = isChanged ? text + text.toUpperCase() + text.toLowerCase() : text;
  try {
    return document.fonts.check(fontOf(style), letters);
  } catch {
    return false;
  }
}

const hasSmallCaps = (style: Style): boolean => style.get("font-variant-caps") === "small-caps";
