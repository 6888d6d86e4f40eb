import type { Box, Placement } from "../placement.ts";
import { runsOneWay } from "../text/direction.ts";
import { measuredWidth } from "../text/measured-width.ts";
import { fontOf, lettersShown } from "./fonts.ts";
import { generated } from "./generated.ts";
import { type Word, wordsOf } from "./room.ts";
import { setStyle } from "./set-style.ts";

/** What the letters look like. */
export interface Pen {
  readonly style: Placement["style"];
  readonly colour: string;
  readonly rightToLeft: boolean;
  /** How many pixels of the screen one pixel of the field takes. */
  readonly resolution: number;
}

/** A word as a picture, or the space between two words. */
interface Piece {
  readonly text: string;
  /** In pixels of the field. */
  readonly width: number;
  readonly element: HTMLElement;
  /** How far the picture reaches out of the word at its left, and the picture's own width. */
  readonly margin: number;
  readonly across: number;
}

/**
 * Text as a row of pictures, one for each word. The browser sets them into lines as it does with words. A page can search for text, also in
 * closed shadow roots, and it can declare fonts for single letters and see which ones the browser loads. With pictures it can't.
 */
export class PaintedText {
  readonly element = document.createElement("span");
  #pieces: readonly Piece[] = [];
  #pen: Pen | null = null;

  /** Paints the words of `text`, and returns their widths in pixels of the field. `draw` sets them into the line. */
  paint(text: string, pen: Pen): readonly Word[] {
    if (!this.#pen || !isSamePen(this.#pen, pen)) this.erase();
    this.#pen = pen;
    const last = this.#pieces;
    const words = wordsIn(text, pen.rightToLeft);
    // While the user types what is suggested, only the first word changes.
    const kept = sameAtEnd(words, last);
    const fresh = words.slice(0, words.length - kept).map((word, index) => pieceOf(word, index > 0, pen));
    this.#pieces = [...fresh, ...last.slice(last.length - kept)];
    return this.#pieces;
  }

  /** Shows the words in the first `length` characters of the painted text. */
  draw(length: number): void {
    const elements = wordsOf(this.#pieces, length).map(({ element }) => element);
    for (const element of [...this.element.children]) if (!elements.includes(element as HTMLElement)) element.remove();
    // Elements that stay in their place need no layout.
    elements.forEach((element, index) => {
      const there = this.element.children[index] ?? null;
      if (element !== there) this.element.insertBefore(element, there);
    });
  }

  /** The boxes of the words in the first `length` characters. */
  boxesOf(length: number): Box[] {
    let left = length;
    return this.#pieces
      .filter(({ text }) => {
        left -= text.length;
        return left > -text.length && text.trim() !== "";
      })
      .map(({ element, width, margin, across }) => {
        const picture = element.getBoundingClientRect();
        const scale = picture.width / across;
        return { left: picture.left + margin * scale, top: picture.top, width: width * scale, height: picture.height };
      });
  }

  /** Throws the pictures away. Later, the same text may need other fonts. */
  erase(): void {
    this.element.replaceChildren();
    this.#pieces = [];
  }
}

/** The parts of `text` between which a line may break. Text of both directions is one part: its words are not drawn in their order. */
function wordsIn(text: string, rightToLeft: boolean): string[] {
  if (!runsOneWay(text, rightToLeft)) return [text];
  return text.split(/(\s+)|(?<=\p{L}-)(?=\p{L})/u).filter(Boolean);
}

function sameAtEnd(words: readonly string[], pieces: readonly Piece[]): number {
  let same = 0;
  while (same < words.length && same < pieces.length && words.at(-1 - same) === pieces.at(-1 - same)?.text) same += 1;
  return same;
}

function isSamePen(a: Pen, b: Pen): boolean {
  return (
    a.style === b.style && a.colour === b.colour && a.rightToLeft === b.rightToLeft && a.resolution === b.resolution
  );
}

/** `isWhole`: the word begins here, and not in the typed text. */
function pieceOf(text: string, isWhole: boolean, pen: Pen): Piece {
  const isSpace = text.trim() === "";
  const piece = isSpace
    ? { element: generated(text), width: measuredWidth(text, (context) => take(pen, context)), margin: 0, across: 0 }
    : paint(lettersShown(text, pen.style, isWhole), pen);
  piece.element.dataset.text = text;
  return { text, ...piece };
}

/** A picture of `text` that takes the width of its letters, and no height in its line. */
function paint(text: string, pen: Pen): Omit<Piece, "text"> {
  const canvas = document.createElement("canvas");
  // Small pictures are painted faster by the processor.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return { element: canvas, width: 0, margin: 0, across: 0 };
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
  return { element: canvas, width: box.width, margin, across: width };
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
