/** How grey ghost text is: paler than what was typed, and still readable. */

type Rgb = readonly [number, number, number];

/** WCAG's smallest contrast for text of this size. */
const READABLE = 4.5;
const PALEST = 0.5;
/** Nearer to the field's own colour than this, one would take it for typed. */
const STRONGEST = 0.78;
/** Where the background is a picture, or given in a way not understood here. */
const UNKNOWN = 0.6;

/** How much of the text's own colour is left, from 0 to 1, so that it is as pale as can be read on `background`. */
export function ghostStrength(text: string, background: string | null): number {
  // Asked at each key, and the colours are those of the key before.
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
