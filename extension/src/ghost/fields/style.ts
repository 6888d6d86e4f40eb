import { ghostStrength, paperFor } from "../colour.ts";
import { type Box, intersection, type Place } from "../place.ts";

/** Everything that decides what a line of text looks like and where it breaks, but not its colour. */
const TEXT_PROPERTIES = [
  "direction",
  "font-family",
  "font-feature-settings",
  "font-kerning",
  "font-optical-sizing",
  "font-size",
  "font-size-adjust",
  "font-stretch",
  "font-style",
  "font-variant-alternates",
  "font-variant-caps",
  "font-variant-east-asian",
  "font-variant-ligatures",
  "font-variant-numeric",
  "font-variant-position",
  "font-variation-settings",
  "font-weight",
  "letter-spacing",
  "line-break",
  "line-height",
  "overflow-wrap",
  "tab-size",
  "text-rendering",
  "text-transform",
  "unicode-bidi",
  "word-break",
  "word-spacing",
  "-webkit-font-smoothing",
];

export function textStyle(style: CSSStyleDeclaration): ReadonlyMap<string, string> {
  return new Map(TEXT_PROPERTIES.map((name) => [name, style.getPropertyValue(name)]));
}

/** How ghost text is coloured beside text of this `style` in `element`: itself, and what is put under it where it stands on other text. */
export function coloursOf(style: CSSStyleDeclaration, element: Element): Pick<Place, "colour" | "background"> {
  const fill = style.getPropertyValue("-webkit-text-fill-color");
  const text = fill === "" ? style.color : fill;
  const background = backgroundOf(element);
  return {
    colour: `color-mix(in srgb, ${text} ${ghostStrength(text, background) * 100}%, transparent)`,
    background: background ?? paperFor(text),
  };
}

export const px = (value: string): number => Number.parseFloat(value) || 0;

export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function edges(style: CSSStyleDeclaration, name: "padding" | "border"): Edges {
  const suffix = name === "border" ? "-width" : "";
  const side = (where: string) => px(style.getPropertyValue(`${name}-${where}${suffix}`));
  return { left: side("left"), top: side("top"), right: side("right"), bottom: side("bottom") };
}

/** The parent on the page, also out of a shadow root. */
export function parentOf(element: Element): Element | null {
  if (element.assignedSlot) return element.assignedSlot;
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** What of `box` the boxes around `element` let one see. */
export function clippedByAncestors(element: Element, box: Box): Box {
  let seen = box;
  for (let around = parentOf(element); around && around !== document.documentElement; around = parentOf(around)) {
    const { overflowX, overflowY } = getComputedStyle(around);
    // A scrolling body scrolls the page: the viewport clips it.
    if (around === document.body || (overflowX === "visible" && overflowY === "visible")) continue;
    seen = intersection(seen, around.getBoundingClientRect());
  }
  return seen;
}

/** A colour as browsers compute it that nothing shows through: `rgb(…)`, or one of the newer functions without a share of it. */
const SOLID = /^(rgb|lab|lch|oklab|oklch|hwb|color)\([^/]*\)$/;

/** The first background behind `element` that nothing shows through; null where there is none or it is a picture. */
function backgroundOf(element: Element): string | null {
  for (let behind: Element | null = element; behind; behind = parentOf(behind)) {
    const { backgroundColor, backgroundImage } = getComputedStyle(behind);
    if (backgroundImage !== "none") return null;
    if (SOLID.test(backgroundColor)) return backgroundColor;
  }
  return null;
}

/** Whether `element` or something in it is what one sees at a point of the viewport. */
export function isSeenAt(element: Element, x: number, y: number): boolean {
  const root = element.getRootNode() as Document | ShadowRoot;
  const hit = root.elementFromPoint(x, y);
  return hit !== null && (element === hit || element.contains(hit));
}
