import type { Placement } from "../placement.ts";
import { ghostStrength, inkFor, isVisibleOn, paperFor } from "../strength.ts";
import { parentOf } from "./ancestors.ts";

/** An opaque computed colour: `rgb(…)`, or one of the newer functions without an alpha value. */
const OPAQUE = /^(rgb|lab|lch|oklab|oklch|hwb|color)\([^/]*\)$/;

/** The colour of ghost text beside text of this `style` in `element`, and the background of a label with it. */
export function coloursOf(style: CSSStyleDeclaration, element: Element): Pick<Placement, "colour" | "background"> {
  const background = backgroundOf(element);
  const text = inkOf(style, background);
  return {
    colour: `color-mix(in srgb, ${text} ${ghostStrength(text, background) * 100}%, transparent)`,
    background: background ?? paperFor(text),
  };
}

/**
 * The colour of the field's text. Some pages draw the text themselves under a field with transparent text: then it is the colour of the
 * caret, because that is visible.
 */
function inkOf(style: CSSStyleDeclaration, background: string | null): string {
  const fill = style.getPropertyValue("-webkit-text-fill-color");
  const colours = [fill === "" ? style.color : fill, style.caretColor];
  return colours.find((colour) => colour !== "auto" && isVisibleOn(colour, background)) ?? inkFor(background);
}

/** The first opaque background behind `element`. Null if there is none, or a picture is in front of it. */
function backgroundOf(element: Element): string | null {
  for (let behind: Element | null = element; behind; behind = parentOf(behind)) {
    const { backgroundColor, backgroundImage } = getComputedStyle(behind);
    if (backgroundImage !== "none") return null;
    if (OPAQUE.test(backgroundColor)) return backgroundColor;
  }
  return null;
}
