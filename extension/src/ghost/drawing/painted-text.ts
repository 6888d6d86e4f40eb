import type { Box } from "../placement.ts";
import { runsOneWay } from "../text/direction.ts";
import { type Word, wordsOf } from "./room.ts";
import { type Pen, WordSlot } from "./word-slot.ts";

/**
 * Text as a row of pictures, one for each word. The browser sets them into lines as it does with words. A page can search for text, also in
 * closed shadow roots, and it can declare fonts for single letters and see which ones the browser loads. With pictures it can't.
 */
export class PaintedText {
  readonly element = document.createElement("span");
  /** In their order in the line. */
  #slots: readonly WordSlot[] = [];
  /** The last slots: those with the words of the text. */
  #painted: readonly WordSlot[] = [];

  /** Paints the words of `text`, and returns their widths in pixels of the field. `draw` sets them into the line. */
  paint(text: string, pen: Pen): readonly Word[] {
    const words = wordsIn(text, pen.rightToLeft);
    while (this.#slots.length < words.length) this.#addSlot();
    // While the user types what is suggested, only the first word changes. So words are counted from the end.
    this.#painted = this.#slots.slice(this.#slots.length - words.length);
    this.#painted.forEach((slot, index) => {
      slot.paint(words[index] as string, pen, index > 0);
    });
    return this.#painted;
  }

  /** Shows the words in the first `length` characters of the painted text. */
  draw(length: number): void {
    const shown = wordsOf(this.#painted, length);
    for (const slot of this.#slots) slot.show(shown.includes(slot));
  }

  /** The boxes of the words in the first `length` characters. */
  boxesOf(length: number): Box[] {
    let left = length;
    return this.#painted
      .filter(({ text }) => {
        left -= text.length;
        return left > -text.length && text.trim() !== "";
      })
      .map((slot) => slot.box());
  }

  /** Throws the pictures away. Later, the same text may need other fonts. */
  erase(): void {
    for (const slot of this.#slots) slot.erase();
    this.#painted = [];
  }

  #addSlot(): void {
    const slot = new WordSlot();
    this.element.prepend(...slot.elements);
    this.#slots = [slot, ...this.#slots];
  }
}

/** The parts of `text` between which a line may break. Text of both directions is one part: its words are not drawn in their order. */
function wordsIn(text: string, rightToLeft: boolean): string[] {
  if (!runsOneWay(text, rightToLeft)) return [text];
  return text.split(/(\s+)|(?<=\p{L}-)(?=\p{L})/u).filter(Boolean);
}
