/** The colour of ghost text: paler than typed text, but still readable. */

type Rgb = readonly [number, number, number];

/** The smallest contrast that WCAG allows for text of this size. */
const READABLE = 4.5;
const PALEST = 0.5;
/** If ghost text is closer to the colour of the field's text than this, it looks like typed text. */
const STRONGEST = 0.78;
/** Used if the background is a picture, or has a colour notation that this file does not parse. */
const UNKNOWN = 0.6;

/** The share of the text's own colour that ghost text keeps, from 0 to 1: the palest that is readable on `background`. */
export function ghostStrength(text: string, background: string | null): number {
  // This is called at each key, and the colours are usually the same as at the key before.
  if (last.text !== text || last.background !== background) {
    last = { text, background, strength: strengthOf(text, background) };
  }
  return last.strength;
}

let last: { text: string; background: string | null; strength: number } = {
  text: "",
  background: null,
  strength: UNKNOWN,
};

function strengthOf(text: string, background: string | null): number {
  const ink = parse(text);
  const paper = background === null ? null : parse(background);
  if (!ink || !paper) return UNKNOWN;
  for (let strength = PALEST; strength < STRONGEST; strength += 0.02) {
    if (contrast(mix(ink, paper, strength), paper) >= READABLE) return Math.round(strength * 100) / 100;
  }
  return STRONGEST;
}

/** Less than this is not visible: text of the background's colour, or text that is almost transparent. */
const VISIBLE = { contrast: 1.1, alpha: 0.15 };

/** Whether text of this computed colour is visible on `background`. Null: the background is unknown. */
export function isVisibleOn(text: string, background: string | null): boolean {
  if (alphaOf(text) < VISIBLE.alpha) return false;
  const [ink, paper] = [parse(text), background === null ? null : parse(background)];
  return !ink || !paper || contrast(ink, paper) >= VISIBLE.contrast;
}

/** A colour for text on `background`, if the field's own colour is not visible. */
export function inkFor(background: string | null): string {
  const bright = background === null ? null : lightness(background);
  return bright === null ? "rgb(128, 128, 128)" : bright > 0.18 ? "rgb(0, 0, 0)" : "rgb(255, 255, 255)";
}

function alphaOf(colour: string): number {
  const [, alpha = "1", percent = ""] = /(?:^rgba\([^/]*,|\/)\s*([\d.]+)(%?)\s*\)$/.exec(colour) ?? [];
  return Number(alpha) / (percent === "" ? 1 : 100);
}

/** A background on which text of this colour is readable, for a field whose background is unknown. */
export function paperFor(text: string): string {
  const bright = lightness(text);
  return bright === null ? "Canvas" : bright > 0.35 ? "rgb(32, 33, 36)" : "rgb(255, 255, 255)";
}

/** The approximate luminance, from 0 to 1, of a computed colour. Null for a notation that this file does not parse. */
function lightness(colour: string): number | null {
  const rgb = parse(colour);
  if (rgb) return luminance(rgb);
  const [, name, first = "", second = "", third = ""] =
    /^(lab|lch|oklab|oklch|color)\((?:[a-z][\w-]* )?([\d.]+)%? ([\d.e-]+)%? ([\d.e-]+)/.exec(colour) ?? [];
  if (name === "color") return luminance([Number(first) * 255, Number(second) * 255, Number(third) * 255]);
  if (name === "oklab" || name === "oklch") return Number(first) ** 3;
  return name ? ((Number(first) + 16) / 116) ** 3 : null;
}

function parse(colour: string): Rgb | null {
  const parts = /^rgba?\(\s*([\d.]+)[ ,]+([\d.]+)[ ,]+([\d.]+)/.exec(colour);
  return parts && [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

function mix(ink: Rgb, paper: Rgb, strength: number): Rgb {
  const channel = (index: 0 | 1 | 2) => ink[index] * strength + paper[index] * (1 - strength);
  return [channel(0), channel(1), channel(2)];
}

function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
