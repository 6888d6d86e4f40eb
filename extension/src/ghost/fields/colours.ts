import type { Placement } from "../placement.ts";
import { ghostStrength, paperFor } from "../strength.ts";
import { parentOf } from "./visibility.ts";

/** An opaque computed colour: `rgb(…)`, or one of the newer functions without an alpha value. */
const OPAQUE = /^(rgb|lab|lch|oklab|oklch|hwb|color)\([^/]*\)$/;

/** The colour of ghost text beside text of this `style` in `element`, and the background of a label with it. */
export function coloursOf(style: CSSStyleDeclaration, element: Element): Pick<Placement, "colour" | "background"> {
  const fill = style.getPropertyValue("-webkit-text-fill-color");
  const text = fill === "" ? style.color : fill;
  const background = backgroundOf(element);
  return {
    colour: `color-mix(in srgb, ${text} ${ghostStrength(text, background) * 100}%, transparent)`,
    background: background ?? paperFor(text),
  };
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
