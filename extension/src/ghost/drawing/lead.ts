import type { Box, Placement, TextLead } from "../placement.ts";
import { runsOneWay } from "../text/direction.ts";
import { generated, regenerate } from "./generated.ts";
import { setStyle } from "./set-style.ts";

/** A text longer than this, in characters, is not laid out again at each key: only about its last `KEPT` characters are. */
const LONG = 1500;
const KEPT = 300;

/**
 * What comes before ghost text, laid out invisibly. Of a long text only the end is laid out at each key: the rest has been measured once,
 * and is replaced by an empty box of that size. In several lines, the box ends where a line begins, because that place does not depend on
 * the text after it; in a single line, it ends after a word.
 */
export class LeadLayout {
  readonly #spacer = document.createElement("span");
  /** A zero-width character has the height of a letter: it shows where the text of its line begins at the top. */
  readonly #mark = generated("\u200b");
  readonly #above = document.createElement("div");
  readonly #end = document.createElement("div");
  /** Generated, because in Firefox a page can measure the boxes of text, and so could see for which text ghost text was drawn. */
  readonly #typed = generated("");
  /** Takes the place of the generated text while a long text is measured. */
  readonly #ruler = document.createElement("span");
  readonly #text = document.createTextNode("");
  /** Where ghost text begins. The line may break here, so that the typed text stays where it is in the field. */
  readonly #tail = generated("\u200b");
  /** The text that was measured, for a flow of this width and scale. */
  #measured = "";
  #width = 0;
  #scale = 1;
  /** The size of the measured text in pixels of the field: the height of its lines, or the width of its single line. */
  #size = 0;
  #multiline = true;
  #firstIndent = "0";

  constructor() {
    setStyle(this.#spacer, { height: "0" });
    setStyle(this.#typed, { visibility: "hidden" });
    setStyle(this.#ruler, { visibility: "hidden", display: "none" });
    this.#ruler.append(this.#text);
  }

  /** The top of the line's text, in pixels of the viewport. */
  markTop(): number {
    return this.#mark.getBoundingClientRect().top;
  }

  /** The box where ghost text begins, if the text before it is laid out again. In pixels of the viewport. */
  end(): Box {
    const { left, top, height } = this.#tail.getBoundingClientRect();
    return { left, top, width: 0, height };
  }

  /** The nodes stay in `flow` for both kinds of leads: see `WordSlot`. */
  layOut(flow: HTMLElement, placement: Placement, anchor: HTMLElement): void {
    if (this.#end.parentNode !== flow) {
      this.#end.append(this.#mark, this.#spacer, this.#typed, this.#ruler, this.#tail, anchor);
      flow.append(this.#above, this.#end);
    }
    setStyle(flow, { "text-indent": "0" });
    if (placement.lead.kind === "caret") this.#indent(placement.lead.indent);
    else this.#repeat(placement, placement.lead);
  }

  /** Forgets what was measured, because the text has another style or another flow now. */
  forget(): void {
    this.#measured = "";
    this.#size = 0;
  }

  #indent(indent: number): void {
    this.forget();
    for (const one of [this.#spacer, this.#typed, this.#tail]) setStyle(one, { display: "none" });
    // The caret may be on the other side of the flow's edge, so the line is indented, not filled.
    setStyle(this.#above, { height: "0" });
    setStyle(this.#end, { "text-indent": `${indent}px` });
  }

  #repeat({ flow, scale, rightToLeft }: Placement, { text, multiline, indent }: TextLead): void {
    setStyle(this.#spacer, { display: multiline ? "none" : "inline-block" });
    for (const one of [this.#typed, this.#tail]) setStyle(one, { display: "inline" });
    if (multiline !== this.#multiline) this.forget();
    if (flow.width !== this.#width || scale !== this.#scale || !text.startsWith(this.#measured)) this.forget();
    this.#multiline = multiline;
    this.#width = flow.width;
    this.#scale = scale;
    this.#firstIndent = indent;
    this.#setBoxSize();
    const left = text.slice(this.#measured.length);
    regenerate(this.#typed, left.length > LONG ? this.#measure(left, rightToLeft) : left);
  }

  #setBoxSize(): void {
    setStyle(this.#above, { height: `${this.#multiline ? this.#size : 0}px` });
    // Only the first line of the text has the indent.
    setStyle(this.#end, { "text-indent": this.#multiline && this.#size > 0 ? "0" : this.#firstIndent });
    if (!this.#multiline) setStyle(this.#spacer, { width: `${this.#size}px` });
  }

  /** Replaces all but the end of the text by an empty box. Returns the end. */
  #measure(text: string, rightToLeft: boolean): string {
    this.#text.data = text;
    this.#measureIn(this.#ruler);
    const most = text.length - KEPT;
    const start = this.#multiline ? this.#lineStart(most) : this.#wordStart(most, rightToLeft);
    if (start > 0) {
      const size = this.#multiline ? this.#topAt(start) - this.markTop() : this.#widthTo(start);
      this.#size += size / this.#scale;
      this.#measured += text.slice(0, start);
      this.#setBoxSize();
    }
    this.#measureIn(this.#typed);
    this.#text.data = "";
    return text.slice(start);
  }

  #measureIn(shown: HTMLElement): void {
    for (const one of [this.#typed, this.#ruler]) setStyle(one, { display: one === shown ? "inline" : "none" });
  }

  /** The beginning of a word, at most at `index`. 0 for text of both directions: its letters are not drawn in the order of the text. */
  #wordStart(index: number, rightToLeft: boolean): number {
    const start = this.#text.data.lastIndexOf(" ", index) + 1;
    return runsOneWay(this.#text.data.slice(0, start), rightToLeft) ? start : 0;
  }

  #widthTo(index: number): number {
    const range = document.createRange();
    range.setStart(this.#text, 0);
    range.setEnd(this.#text, index);
    return range.getBoundingClientRect().width;
  }

  /** The beginning of the line with the character at `index`. */
  #lineStart(index: number): number {
    const top = this.#topAt(index);
    let [before, within] = [-1, index];
    while (within - before > 1) {
      const middle = (before + within) >> 1;
      if (this.#topAt(middle) < top - 1) before = middle;
      else within = middle;
    }
    return within;
  }

  /** The top of a character's box. A line break may have no box: then it is the top of the next character. */
  #topAt(index: number): number {
    const range = document.createRange();
    for (let at = index; at < this.#text.length; at++) {
      range.setStart(this.#text, at);
      range.setEnd(this.#text, at + 1);
      const box = [...range.getClientRects()].find(({ height }) => height > 0);
      if (box) return box.top;
    }
    return Number.POSITIVE_INFINITY;
  }
}
