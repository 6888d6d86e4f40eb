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
    if (text === this.#text && this.#pen && isSamePen(this.#pen, pen)) return;
    this.show(false);
    this.#text = text;
    this.#pen = pen;
    if (this.#isSpace) {
      regenerate(this.#space, text);
      this.#extent = { ...NOTHING, width: measuredWidth(text, (context) => take(pen, context)) };
    } else this.#extent = paint(this.#picture, lettersShown(text, pen.style, isWhole), pen);
  }

  show(isShown: boolean): void {
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

  /** Throws the picture away. Later, the same text may need other fonts. */
  erase(): void {
    this.show(false);
    if (this.#text === "") return;
    this.#text = "";
    this.#pen = null;
    this.#extent = NOTHING;
    this.#picture.width = 0;
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

/** Makes `canvas` a picture of `text` that takes the width of its letters, and no height in its line. */
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
  canvas.width = Math.ceil((box.width + 2 * margin) * pen.resolution);
  canvas.height = Math.ceil((above + below) * pen.resolution);
  const [width, height] = [canvas.width / pen.resolution, canvas.height / pen.resolution];
  // The new size has reset the context.
  take(pen, context);
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
