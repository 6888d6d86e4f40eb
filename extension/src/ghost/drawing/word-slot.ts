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

interface Extent {
  /** In pixels of the field. */
  readonly width: number;
  /** How far the picture reaches out of the word at its left, and the picture's own width. */
  readonly margin: number;
  readonly across: number;
}

/** Canvases have widths in steps of so many pixels, and are not wider than so many times what they need. */
const STEP = 64;
const MOST_SPARE = 4;

const NOTHING: Extent = { width: 0, margin: 0, across: 0 };

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
  /** The pen that the picture was painted with last. */
  #taken: Pen | null = null;
  /** The text that is displayed. Null if nothing is; undefined before the first call of `show`. */
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

  /** `isWhole`: the word begins here, and not in the typed text. */
  paint(text: string, pen: Pen, isWhole: boolean): void {
    if (text === this.#text && isSamePen(this.#pen, pen)) return;
    this.show(false);
    this.#text = text;
    this.#pen = pen;
    if (this.#isSpace) {
      regenerate(this.#space, text);
      this.#extent = { ...NOTHING, width: measuredWidth(text, (context) => take(pen, context)) };
      return;
    }
    const isTaken = isSamePen(this.#taken, pen);
    this.#taken = pen;
    this.#extent = paint(this.#picture, lettersShown(text, pen.style, isWhole), pen, isTaken);
  }

  show(isShown: boolean): void {
    const text = isShown ? this.#text : null;
    if (text === this.#shown) return;
    this.#shown = text;
    const shown = this.#isSpace ? this.#space : this.#picture;
    for (const element of this.elements) {
      const isThis = isShown && element === shown;
      setStyle(element, { display: isThis ? "inline" : "none" });
      if (!isThis) delete element.dataset.text;
      else if (element.dataset.text !== this.#text) element.dataset.text = this.#text;
    }
  }

  /** The box of the word, in pixels of the viewport. */
  box(): { left: number; top: number; width: number; height: number } {
    const { width, margin, across } = this.#extent;
    const picture = this.#picture.getBoundingClientRect();
    const scale = picture.width / across;
    return { left: picture.left + margin * scale, top: picture.top, width: width * scale, height: picture.height };
  }

  /** The same text is painted again: later it may need other fonts. */
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

function isSamePen(last: Pen | null, { style, colour, rightToLeft, resolution }: Pen): boolean {
  if (last?.style !== style || last.colour !== colour) return false;
  return last.rightToLeft === rightToLeft && last.resolution === resolution;
}

/**
 * Makes `canvas` a picture of `text` that takes the width of its letters, and no height in its line. `isTaken`: the canvas was painted with
 * this pen before.
 */
function paint(canvas: HTMLCanvasElement, text: string, pen: Pen, isTaken: boolean): Extent {
  // Small pictures are painted faster by the processor.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return NOTHING;
  if (!isTaken) take(pen, context);
  const box = context.measureText(text);
  // Letters may reach out of their box: a slanted f, an accent.
  const margin = Math.ceil(Math.max(box.fontBoundingBoxAscent, 0) / 2) + 1;
  const above = Math.ceil(Math.max(box.fontBoundingBoxAscent, box.actualBoundingBoxAscent)) + 1;
  const below = Math.ceil(Math.max(box.fontBoundingBoxDescent, box.actualBoundingBoxDescent)) + 1;
  const isNew = makeRoom(canvas, (box.width + 2 * margin) * pen.resolution, (above + below) * pen.resolution);
  // A new size has reset the context.
  if (isNew) take(pen, context);
  else clear(context);
  const [width, height] = [canvas.width / pen.resolution, canvas.height / pen.resolution];
  context.scale(pen.resolution, pen.resolution);
  context.fillText(text, margin, above);
  setStyle(canvas, {
    width: `${width}px`,
    height: `${height}px`,
    "vertical-align": "baseline",
    margin: `${-above}px ${box.width + margin - width}px ${above - height}px ${-margin}px`,
  });
  return { width: box.width, margin, across: width };
}

/**
 * Makes the canvas large enough, in pixels of the screen. False if it already is. In a canvas with a new size, Chromium needs eight times as
 * long for the letters.
 */
function makeRoom(canvas: HTMLCanvasElement, width: number, height: number): boolean {
  const isLargeEnough = canvas.width >= width && canvas.height >= height;
  if (isLargeEnough && canvas.width <= MOST_SPARE * Math.max(width, STEP)) return false;
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
