import type { Placement } from "../placement.ts";
import { measuredWidth } from "../text/measured-width.ts";
import { fontOf, lettersShown } from "./fonts.ts";
import { generated, regenerate } from "./generated.ts";
import { setStyle } from "./set-style.ts";

/** What the letters look like. */
export interface Pen {
  readonly style: Placement["style"];
  readonly colour: string;
  readonly rightToLeft: boolean;
  /** How many pixels of the screen one pixel of the field takes. */
  readonly resolution: number;
}

/** In pixels of the field. The letters take the width, and reach above and below their baseline. */
interface Extent {
  readonly width: number;
  readonly above: number;
  readonly below: number;
  /** How far the canvas reaches out of the word at its left, and its own size. It may be larger than its word. */
  readonly margin: number;
  readonly canvasWidth: number;
  readonly canvasHeight: number;
}

/** A canvas has a width in steps of `STEP` pixels, and is at most `MOST_SPARE` times as wide and as high as it needs to be. */
const STEP = 64;
const MOST_SPARE = 4;

const NOTHING: Extent = { width: 0, above: 0, below: 0, margin: 0, canvasWidth: 0, canvasHeight: 0 };

/**
 * A place for one word, as a picture, or for the space between two words. Its elements are used again and again, because Chromium ends an
 * undo step when any node of the page is removed or moved (findings/undo-steps-end-at-removals.sh): with new elements for each suggestion,
 * one Ctrl-Z would remove one typed letter.
 */
export class WordSlot {
  readonly #picture = document.createElement("canvas");
  readonly #space = generated("");
  #text = "";
  #pen: Pen | null = null;
  #extent = NOTHING;
  /** The text that the elements display. Null if they display nothing; undefined if they have to be set anew. */
  #shown: string | null | undefined;

  readonly elements: readonly HTMLElement[] = [this.#picture, this.#space];

  constructor() {
    this.show(false);
  }

  get text(): string {
    return this.#text;
  }

  /** In pixels of the field. */
  get width(): number {
    return this.#extent.width;
  }

  /**
   * `isWhole`: the word begins here, and not in the typed text. The elements change only when the word is shown: a canvas needs up-to-date
   * styles for its letters, so each word after a change would force the browser to compute styles.
   */
  paint(text: string, pen: Pen, isWhole: boolean): void {
    if (text === this.#text && this.#pen && isSamePen(this.#pen, pen)) return;
    this.#text = text;
    this.#pen = pen;
    this.#shown = undefined;
    this.#extent = this.#isSpace
      ? { ...NOTHING, width: measuredWidth(text, (context) => take(pen, context)) }
      : paint(this.#picture, lettersShown(text, pen.style, isWhole), pen);
  }

  show(isShown: boolean): void {
    const text = isShown ? this.#text : null;
    if (text === this.#shown) return;
    this.#shown = text;
    const shown = this.#isSpace ? this.#space : this.#picture;
    if (isShown) this.#setSize();
    for (const element of this.elements) {
      const isThis = isShown && element === shown;
      setStyle(element, { display: isThis ? "inline" : "none" });
      if (!isThis) delete element.dataset.text;
      else if (element.dataset.text !== this.#text) element.dataset.text = this.#text;
    }
  }

  /** The picture takes the width of its letters, and no height in its line. */
  #setSize(): void {
    if (this.#isSpace) return regenerate(this.#space, this.#text);
    const { width, above, margin, canvasWidth, canvasHeight } = this.#extent;
    setStyle(this.#picture, {
      width: `${canvasWidth}px`,
      height: `${canvasHeight}px`,
      "vertical-align": "baseline",
      margin: `${-above}px ${width + margin - canvasWidth}px ${above - canvasHeight}px ${-margin}px`,
    });
  }

  /** The box of the word, which is shown, in pixels of the viewport. */
  box(): { left: number; top: number; width: number; height: number } {
    const { width, above, below, margin, canvasWidth } = this.#extent;
    const canvas = this.#picture.getBoundingClientRect();
    const scale = canvas.width / canvasWidth;
    const height = (above + below) * scale;
    return { left: canvas.left + margin * scale, top: canvas.top, width: width * scale, height };
  }

  /** The next text is painted in any case: later, the same text may need other fonts. */
  erase(): void {
    this.show(false);
    if (this.#text === "") return;
    this.#text = "";
    this.#pen = null;
    this.#extent = NOTHING;
    regenerate(this.#space, "");
  }

  get #isSpace(): boolean {
    return this.#text.trim() === "";
  }
}

function isSamePen(a: Pen, b: Pen): boolean {
  return (
    a.style === b.style && a.colour === b.colour && a.rightToLeft === b.rightToLeft && a.resolution === b.resolution
  );
}

/** Makes `canvas` a picture of `text`. */
function paint(canvas: HTMLCanvasElement, text: string, pen: Pen): Extent {
  // Small pictures are painted faster by the processor.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return NOTHING;
  take(pen, context);
  const box = context.measureText(text);
  // Letters may reach out of their box: a slanted f, an accent.
  const margin = Math.ceil(Math.max(box.fontBoundingBoxAscent, 0) / 2) + 1;
  const above = Math.ceil(Math.max(box.fontBoundingBoxAscent, box.actualBoundingBoxAscent)) + 1;
  const below = Math.ceil(Math.max(box.fontBoundingBoxDescent, box.actualBoundingBoxDescent)) + 1;
  const { resolution } = pen;
  const isNew = makeRoom(canvas, (box.width + 2 * margin) * resolution, (above + below) * resolution);
  // A new size has reset the context.
  if (isNew) take(pen, context);
  else clear(context);
  context.setTransform(resolution, 0, 0, resolution, 0, 0);
  context.fillText(text, margin, above);
  const [canvasWidth, canvasHeight] = [canvas.width / resolution, canvas.height / resolution];
  return { width: box.width, above, below, margin, canvasWidth, canvasHeight };
}

/**
 * Makes the canvas large enough, in pixels of the screen. False if it already is, and not much too large. In a canvas with a new size, Chromium
 * needs eight times as long for the letters, and while the user types the suggested letters, each of them makes the word shorter.
 */
function makeRoom(canvas: HTMLCanvasElement, width: number, height: number): boolean {
  const isLargeEnough = canvas.width >= width && canvas.height >= height;
  const isTooLarge = canvas.width > MOST_SPARE * Math.max(width, STEP) || canvas.height > MOST_SPARE * height;
  if (isLargeEnough && !isTooLarge) return false;
  canvas.width = Math.ceil(width / STEP) * STEP;
  canvas.height = Math.ceil(height);
  return true;
}

function clear(context: CanvasRenderingContext2D): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

function take({ style, colour, rightToLeft }: Pen, context: CanvasRenderingContext2D): void {
  const spacing = (name: string) => (style.get(name) === "normal" ? "0px" : (style.get(name) ?? "0px"));
  context.font = fontOf(style);
  context.letterSpacing = spacing("letter-spacing");
  context.wordSpacing = spacing("word-spacing");
  context.fontKerning = (style.get("font-kerning") ?? "auto") as CanvasFontKerning;
  context.direction = rightToLeft ? "rtl" : "ltr";
  context.textAlign = "left";
  context.fillStyle = colour;
}
