import type { Choice } from "../decide.ts";
import { type Box, type Placement, startsAtFixedEdge } from "../placement.ts";
import { nextWord } from "../text/words.ts";
import { generated, regenerate } from "./generated.ts";
import { LeadLayout } from "./lead.ts";
import { PaintedText } from "./painted-text.ts";
import { isReadable, type Lines, type Word } from "./room.ts";
import { setStyle } from "./set-style.ts";
import type { Pen } from "./word-slot.ts";

/** Characters that every font has. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * The nodes of ghost text, and how they are laid out. The browser lays the text out as it lays out the field: the text before the caret is
 * laid out again, invisibly, and ghost text continues it. So line breaks, kerning and tab stops need no arithmetic.
 */
export class GhostLine {
  readonly #clip = document.createElement("div");
  readonly #flow = document.createElement("div");
  readonly #lead = new LeadLayout();
  /** In the line, or positioned at it. The ghost in it contains only text, so its box is the box of its letters. */
  readonly #anchor = document.createElement("span");
  readonly #ghost = new PaintedText();
  /** Ghost text under the line. */
  readonly #label = document.createElement("div");
  readonly #labelled = new PaintedText();
  /** Which one of several suggestions it is, after the text: one in the line, and one in the label. */
  readonly #counts = [document.createElement("small"), document.createElement("small")] as const;
  readonly #numbers = this.#counts.map(() => generated(""));
  #choice: Choice | null = null;
  #style: ReadonlyMap<string, string> = new Map();
  #isBelow = false;
  /** The distance from the flow's top to the top of its text, in pixels of the field, and the style that it was measured in. */
  #drop: { readonly px: number; readonly style: Placement["style"] } | null = null;

  constructor(root: ShadowRoot) {
    const stage = document.createElement("div");
    // Of a size that does not depend on ghost text: a page can measure how far the content of the host reaches.
    setStyle(stage, { position: "absolute", width: "100vw", height: "100vh", overflow: "clip" });
    setStyle(this.#clip, { position: "absolute", overflow: "clip", "transform-origin": "0 0" });
    setStyle(this.#flow, { position: "absolute" });
    setStyle(this.#label, { position: "absolute", "border-radius": "4px", padding: "0 4px", "white-space": "pre" });
    const countStyle = {
      // A page can't declare this font, so it can't see that the browser needs it.
      "font-family": "system-ui",
      "margin-inline-start": "0.7em",
      padding: "0 0.4em",
      "border-radius": "0.5em",
      "font-size": "0.7em",
      "line-height": "1.4",
      outline: "1px solid currentColor",
      "text-indent": "0",
      "vertical-align": "middle",
      "white-space": "nowrap",
    };
    this.#counts.forEach((count, index) => {
      setStyle(count, countStyle);
      count.append(this.#numbers[index] as HTMLElement);
    });
    // The line before it may be indented.
    setStyle(this.#anchor, { "text-indent": "0" });
    this.#anchor.append(this.#ghost.element, this.#counts[0]);
    this.#label.append(this.#labelled.element, this.#counts[1]);
    this.#clip.append(this.#flow);
    stage.append(this.#clip, this.#label);
    root.append(stage);
  }

  get isBelow(): boolean {
    return this.#isBelow;
  }

  /** Lays out the text before the caret. Returns the words of ghost text, with their widths in pixels of the viewport. */
  layOut(text: string, placement: Placement, choice: Choice | null): readonly Word[] {
    this.#setTextStyle(placement);
    // Before the boxes are set: the styles that were computed for `placement` are still up to date.
    const words = this.#ghost.paint(text, this.#penFor(placement));
    this.#setBoxes(placement);
    this.#lead.layOut(this.#flow, placement, this.#anchor);
    this.#setChoice(choice);
    return words.map(({ text, width }) => ({ text, width: width * placement.scale }));
  }

  /** Draws nothing. The boxes stay: a page can observe whether something covers its elements. */
  erase(): void {
    this.#ghost.erase();
    this.#labelled.erase();
    this.#setChoice(null);
    setStyle(this.#label, { display: "none" });
  }

  #setChoice(choice: Choice | null): void {
    for (const count of this.#counts) setStyle(count, { display: choice ? "inline-block" : "none" });
    if (choice?.number === this.#choice?.number && choice?.of === this.#choice?.of) return;
    this.#choice = choice;
    for (const number of this.#numbers) regenerate(number, choice ? `${choice.number}/${choice.of}` : "");
  }

  #penFor({ colour, rightToLeft, scale }: Placement): Pen {
    return { style: this.#style, colour, rightToLeft, resolution: devicePixelRatio * scale };
  }

  #setTextStyle({ colour, style }: Placement): void {
    setStyle(this.#ghost.element, { color: colour });
    for (const count of this.#counts) setStyle(count, { color: colour });
    if (isSameStyle(this.#style, style)) return;
    this.#style = style;
    this.#lead.forget();
    setStyle(this.#flow, Object.fromEntries(style));
    setStyle(this.#label, { ...Object.fromEntries(style), "line-height": "normal" });
  }

  #setBoxes({ clip, flow, scale, zoom, lead, wraps }: Placement): void {
    setStyle(this.#clip, {
      zoom: `${zoom}`,
      left: `${clip.left / zoom}px`,
      top: `${clip.top / zoom}px`,
      width: `${clip.width / scale}px`,
      height: `${clip.height / scale}px`,
      transform: scale === zoom ? "none" : `scale(${scale / zoom})`,
    });
    const singleLine = lead.kind === "text" && !lead.multiline;
    setStyle(this.#flow, {
      left: `${(flow.left - clip.left) / scale}px`,
      width: `${flow.width}px`,
      height: singleLine ? `${flow.height}px` : "auto",
      // An input centres its single line, but the line never begins above the input's top.
      display: singleLine ? "grid" : "block",
      "align-content": "safe center",
      "white-space": wraps ? "pre-wrap" : "pre",
      "text-align": lead.kind === "text" ? lead.align : "start",
      // If only the caret's box is known, `start` sets the top: it has to measure the line first.
      ...(lead.kind === "text" ? { top: `${(flow.top - clip.top) / scale}px` } : {}),
    });
    // Out of the flow, ghost text takes no space: centred text stays where it is, and the line does not break because of it.
    const inFlow = wraps && startsAtFixedEdge(lead);
    setStyle(this.#anchor, { position: inFlow ? "static" : "absolute", "white-space": inFlow ? "inherit" : "pre" });
  }

  /** The box where ghost text begins. If the caret's own box is known, the line is moved onto it. */
  start(text: string, placement: Placement): Box {
    if (placement.lead.kind === "text") return this.#lead.end();
    const { caret } = placement.lead;
    const top = (caret.top - placement.clip.top) / placement.scale;
    setStyle(this.#flow, { top: `${top - this.#dropOf(placement, text)}px` });
    return caret;
  }

  /** The lines that ghost text continues at `start`. */
  lines({ flow, scale, wraps, rightToLeft, lead }: Placement, start: Box): Lines {
    const right = flow.left + flow.width * scale;
    // A line of "normal" height has the space around its letters that was measured when the line was moved onto the caret.
    const fixed = Number.parseFloat(this.#style.get("line-height") ?? "") * scale;
    const drop = lead.kind === "caret" ? (this.#drop?.px ?? 0) * scale : 0;
    const lineHeight = Number.isNaN(fixed) ? start.height + 2 * drop : fixed;
    return { start, left: flow.left, right, lineHeight, wraps, rightToLeft };
  }

  /** Measured once for text of a single font. Letters of another font may change the height of the line. */
  #dropOf({ scale }: Placement, text: string): number {
    const isPlain = PLAIN.test(text) && this.#choice === null;
    if (isPlain && this.#drop?.style === this.#style) return this.#drop.px;
    const px = (this.#lead.markTop() - this.#flow.getBoundingClientRect().top) / scale;
    this.#drop = isPlain ? { px, style: this.#style } : null;
    return px;
  }

  /** Shows the first `length` characters in the line. */
  drawInline(length: number): void {
    this.#isBelow = false;
    this.#ghost.draw(length);
    this.#labelled.erase();
    setStyle(this.#flow, { visibility: "visible" });
    setStyle(this.#label, { display: "none" });
  }

  /** Shows the first `length` characters of `text` as a label in `box`. */
  drawLabel(text: string, length: number, box: Box, placement: Placement): void {
    this.#isBelow = true;
    this.#ghost.draw(0);
    this.#labelled.paint(text, this.#penFor(placement));
    this.#labelled.draw(length);
    const { colour, background, scale } = placement;
    setStyle(this.#flow, { visibility: "hidden" });
    setStyle(this.#label, {
      display: "block",
      zoom: `${scale}`,
      left: `${box.left / scale}px`,
      top: `${box.top / scale}px`,
      color: colour,
      background,
      outline: `${1 / scale}px solid ${colour}`,
    });
  }

  /** How much wider a label is than its words, in pixels of the viewport. */
  paddingOfLabel({ scale, style }: Placement): number {
    const count = this.#choice ? 4 * Number.parseFloat(style.get("font-size") ?? "16") : 0;
    return (count + 8) * scale;
  }

  /** Whether the next word of `text`, which is drawn, is inside `clip`. Measured: the page may have changed since it was drawn. */
  isNextWordIn(text: string, clip: Box): boolean {
    const drawn = this.#isBelow ? this.#labelled : this.#ghost;
    const word = nextWord(this.#isBelow ? text.trimStart() : text);
    const boxes = drawn.boxesOf(word.length);
    return boxes.length > 0 && boxes.every((box) => isReadable(box, clip));
  }
}

function isSameStyle(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a === b || (a.size === b.size && [...a].every(([name, value]) => b.get(name) === value));
}
