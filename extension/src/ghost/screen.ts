import type { Choice } from "./decide.ts";
import { runsOneWay } from "./direction.ts";
import { type Box, isInside, type Place, type TextLead } from "./place.ts";
import type { Screen } from "./typist.ts";

/** While one types, what covers the field is looked for this often. */
const LOOK_AGAIN_MS = 200;

const RESET: Readonly<Record<string, string>> = {
  all: "initial",
  position: "fixed",
  inset: "0 auto auto 0",
  width: "0",
  height: "0",
  overflow: "visible",
  "pointer-events": "none",
  "user-select": "none",
  "z-index": "2147483647",
  // Forced colours would put a plate behind each line, also an unseen one: it would cover what was typed.
  "forced-color-adjust": "none",
};

/**
 * Takes away the ghost text of a script that could not do that itself, or its word that the server is not there: Firefox ends a content
 * script together with its extension, and gives it no time to tidy up.
 */
export function takeAwayRemains(): void {
  const alike = document.documentElement?.querySelectorAll<HTMLElement>(':scope > div[popover="manual"]:empty');
  for (const host of alike ?? []) if (isOurs(host.style)) host.remove();
}

const isOurs = (style: CSSStyleDeclaration): boolean =>
  ["position", "z-index"].every(
    (name) => style.getPropertyValue(name) === RESET[name] && style.getPropertyPriority(name) === "important",
  );

/**
 * Ghost text over the page. It stands on the page only while it is seen: one element next to `body`, with everything in a closed
 * shadow root, in the top layer so that dialogs don't hide it. No editor has anything of it in its own tree.
 *
 * Text is laid out by the browser, as the field lays it out: what stands before the caret is laid out again, unseen, and ghost text
 * goes on from there. So line breaks, kerning and tab stops need no arithmetic.
 */
export class Overlay implements Screen {
  readonly #host = document.createElement("div");
  readonly #clip = document.createElement("div");
  readonly #flow = document.createElement("div");
  readonly #lead = new Lead();
  /** Takes part in the line, or hangs from it; the ghost in it is a piece of text, whose box is that of its letters. */
  readonly #anchor = document.createElement("span");
  readonly #ghost = document.createElement("span");
  readonly #text = document.createTextNode("");
  readonly #label = document.createElement("div");
  /** Which one of several it is, after the text. */
  readonly #count = document.createElement("small");
  #style: ReadonlyMap<string, string> = new Map();
  #isBelow = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Where it was drawn last. */
  #place: Place | null = null;
  /** How far under the flow's top a line's text begins, in the field's own pixels, where it was measured; and in which style. */
  #drop: { readonly px: number; readonly style: Place["style"] } | null = null;

  constructor() {
    for (const [name, value] of Object.entries(RESET)) this.#host.style.setProperty(name, value, "important");
    this.#host.setAttribute("aria-hidden", "true");
    this.#host.popover = "manual";
    const root = this.#host.attachShadow({ mode: "closed" });
    set(this.#clip, { position: "absolute", overflow: "clip", "transform-origin": "0 0" });
    set(this.#flow, { position: "absolute" });
    set(this.#label, { position: "absolute", "border-radius": "4px", padding: "0 4px", "white-space": "pre" });
    set(this.#count, {
      "margin-inline-start": "0.7em",
      padding: "0 0.4em",
      "border-radius": "0.5em",
      "font-size": "0.7em",
      "line-height": "1.4",
      outline: "1px solid currentColor",
      "vertical-align": "middle",
      "white-space": "nowrap",
    });
    this.#ghost.append(this.#text);
    this.#anchor.append(this.#ghost, this.#count);
    this.#clip.append(this.#flow);
    root.append(this.#clip, this.#label);
  }

  show(text: string, position: "inline" | "below", place: Place, choice: Choice | null): boolean {
    if (!isLoaded(place.style, text)) {
      this.hide();
      return false;
    }
    this.#appear();
    this.#setStyle(place);
    this.#layOut(text, place);
    this.#count.textContent = choice ? `${choice.number}/${choice.of}` : "";
    set(this.#count, { display: choice ? "inline-block" : "none" });
    const standsStill = position === "inline" && this.#standsStill(place);
    // A field that moves may have moved under something else.
    const hasMoved = !this.#place || !sameBox(this.#place.clip, place.clip);
    this.#place = place;
    if (standsStill) return true;
    const start = this.#start(place, text);
    if (!this.#isSeen(start, hasMoved ? 0 : LOOK_AGAIN_MS)) {
      this.hide();
      return false;
    }
    this.#setPosition(text, position, start, place);
    return true;
  }

  /**
   * Whether the line only grew or shrank since it was looked at. It is in view then, as the browser keeps the caret, and to measure it
   * in the middle of a frame would have it laid out a second time. The next key that goes down measures it.
   */
  #standsStill(place: Place): boolean {
    const was = this.#place;
    if (was?.lead.kind !== "text" || place.lead.kind !== "text" || this.#isBelow) return false;
    // A letter typed at the edge of a field's only line moves the line along.
    const left = place.lead.text === was.lead.text ? was.flow.left : place.flow.left;
    const sameBoxes = sameBox(was.clip, place.clip) && sameBox({ ...was.flow, left }, place.flow);
    return sameBoxes && was.scale === place.scale && performance.now() - this.#lookedAt < LOOK_AGAIN_MS;
  }

  hide(): void {
    this.#host.remove();
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#place = null;
  }

  isStillSeen(): boolean {
    const place = this.#place;
    if (!place || performance.now() - this.#lookedAt < LOOK_AGAIN_MS / 2) return true;
    return this.#isSeen(place.lead.kind === "caret" ? place.lead.caret : this.#ghostBox(place), 0);
  }

  /** To ask what one sees at a point costs more than all the rest. What was seen less than `ms` ago, is. */
  #isSeen(start: Box, ms: number): boolean {
    const place = this.#place;
    if (!place) return false;
    const middle = start.top + start.height / 2;
    // One pixel into the line: a caret stands on the edge of its box, and the edge is already the neighbour's.
    const inside = start.left + (place.rightToLeft ? -1 : 1);
    if (!isInside(place.clip, inside, middle)) return false;
    const now = performance.now();
    if (now - this.#lookedAt < ms) return true;
    this.#lookedAt = now;
    return place.seenAt(inside, middle);
  }

  #appear(): void {
    if (this.#host.isConnected) return;
    document.documentElement.append(this.#host);
    this.#host.showPopover();
  }

  #setStyle(place: Place): void {
    set(this.#ghost, { color: place.colour });
    set(this.#count, { color: place.colour });
    if (same(this.#style, place.style)) return;
    this.#style = place.style;
    this.#lead.forget();
    for (const element of [this.#flow, this.#label]) set(element, Object.fromEntries(place.style));
  }

  #layOut(text: string, place: Place): void {
    const { clip, flow, scale, lead, wraps } = place;
    set(this.#clip, {
      left: `${clip.left}px`,
      top: `${clip.top}px`,
      width: `${clip.width / scale}px`,
      height: `${clip.height / scale}px`,
      transform: scale === 1 ? "none" : `scale(${scale})`,
    });
    const singleLine = lead.kind === "text" && !lead.multiline;
    set(this.#flow, {
      left: `${(flow.left - clip.left) / scale}px`,
      width: `${flow.width}px`,
      height: singleLine ? `${flow.height}px` : "auto",
      // An input centres its one line, but never lets it out at the top.
      display: singleLine ? "grid" : "block",
      "align-content": "safe center",
      "white-space": wraps ? "pre-wrap" : "pre",
      "text-align": lead.kind === "text" ? lead.align : "start",
    });
    // Out of the flow it takes no room: centred text stays where it is, and a line does not break on its account.
    const inFlow = wraps && (lead.kind === "caret" || /^(start|justify|left)$/.test(lead.align));
    set(this.#anchor, { position: inFlow ? "static" : "absolute", "white-space": inFlow ? "inherit" : "pre" });
    setText(this.#text, text);
    // To a caret whose place is known the line is moved when it has been laid out.
    if (lead.kind === "text") set(this.#flow, { top: `${(flow.top - clip.top) / scale}px` });
    this.#lead.layOut(this.#flow, place, this.#anchor);
  }

  /** Where ghost text begins. Where the caret's own box is known, the line is moved to stand exactly on it. */
  #start(place: Place, text: string): Box {
    if (place.lead.kind === "text") return this.#ghostBox(place);
    const { caret } = place.lead;
    const top = (caret.top - place.clip.top) / place.scale;
    set(this.#flow, { top: `${top - this.#dropOf(place, text)}px` });
    return caret;
  }

  #ghostBox({ rightToLeft }: Place): Box {
    const first = this.#ghost.getClientRects()[0] ?? this.#ghost.getBoundingClientRect();
    return { left: rightToLeft ? first.right : first.left, top: first.top, width: 0, height: first.height };
  }

  /** Measured once for text that is all of one font; another font's letters may make the line another height. */
  #dropOf({ scale }: Place, text: string): number {
    const isPlain = PLAIN.test(text) && this.#count.textContent === "";
    if (isPlain && this.#drop?.style === this.#style) return this.#drop.px;
    const px = (this.#lead.markTop() - this.#flow.getBoundingClientRect().top) / scale;
    this.#drop = isPlain ? { px, style: this.#style } : null;
    return px;
  }

  #setPosition(text: string, position: "inline" | "below", start: Box, place: Place): void {
    const below = position === "below";
    if (!below && this.#isBelow) this.#anchor.append(this.#count);
    this.#isBelow = below;
    set(this.#flow, { visibility: below ? "hidden" : "visible" });
    set(this.#label, { display: below ? "block" : "none" });
    if (!below) return;
    this.#label.replaceChildren(text.trimStart(), this.#count);
    set(this.#label, {
      left: `${start.left}px`,
      top: `${start.top + start.height + 2}px`,
      color: place.colour,
      background: place.background,
      outline: `1px solid ${place.colour}`,
    });
  }
}

/**
 * Whether all fonts that the text takes are there. To draw it would load the others, each for the letters that it has: a page that
 * gave every letter a font of its own could read ghost text by what is asked of its server.
 */
function isLoaded(style: Place["style"], text: string): boolean {
  const font = ["font-style", "font-weight", "font-size", "font-family"].map((name) => style.get(name)).join(" ");
  try {
    return document.fonts.check(font, text);
  } catch {
    return false;
  }
}

/**
 * What stands before ghost text, laid out unseen. Of a long text only the end is laid out at each key: what is before it has been
 * measured once, and is an empty box of that size. Lines are measured to where one begins, as that stays so whatever follows; a
 * field's only line is measured to the end of a word.
 */
class Lead {
  readonly #spacer = document.createElement("span");
  readonly #mark = document.createElement("span");
  readonly #above = document.createElement("div");
  readonly #end = document.createElement("div");
  readonly #typed = document.createElement("span");
  readonly #text = document.createTextNode("");
  readonly #break = document.createElement("wbr");
  /** What has been measured, where the flow was this wide and this large on the screen. */
  #measured = "";
  #width = 0;
  #scale = 1;
  /** The room of what has been measured, in the field's own pixels: the height of lines, or the width of the one line. */
  #room = 0;
  #multiline = true;

  constructor() {
    set(this.#spacer, { display: "inline-block", height: "0" });
    set(this.#typed, { visibility: "hidden" });
    this.#typed.append(this.#text);
    // A letter's box without a letter's room: what it measures is the top of the line's text.
    this.#mark.textContent = "\u200b";
  }

  markTop(): number {
    return this.#mark.getBoundingClientRect().top;
  }

  layOut(flow: HTMLElement, place: Place, anchor: HTMLElement): void {
    if (place.lead.kind === "caret") this.#indent(flow, place.lead.indent, anchor);
    else this.#repeat(flow, place, place.lead, anchor);
  }

  /** What was measured was of text that looked otherwise. */
  forget(): void {
    this.#measured = "";
    this.#room = 0;
  }

  #indent(flow: HTMLElement, indent: number, anchor: HTMLElement): void {
    set(this.#spacer, { width: `${indent}px` });
    if (this.#spacer.parentNode !== flow) flow.replaceChildren(this.#spacer, this.#mark, anchor);
  }

  #repeat(flow: HTMLElement, place: Place, { text, multiline }: TextLead, anchor: HTMLElement): void {
    const { scale, rightToLeft } = place;
    if (this.#end.parentNode !== flow || multiline !== this.#multiline) {
      // It may break at the caret, so that what was typed stays where it is in the field.
      const room = multiline ? [] : [this.#spacer];
      this.#end.replaceChildren(this.#mark, ...room, this.#typed, this.#break, anchor);
      flow.replaceChildren(this.#above, this.#end);
      this.forget();
    }
    if (place.flow.width !== this.#width || scale !== this.#scale || !text.startsWith(this.#measured)) this.forget();
    this.#multiline = multiline;
    this.#width = place.flow.width;
    this.#scale = scale;
    this.#makeRoom();
    setText(this.#text, text.slice(this.#measured.length));
    if (this.#text.length > LONG) this.#measure(rightToLeft);
  }

  #makeRoom(): void {
    set(this.#above, { height: `${this.#multiline ? this.#room : 0}px` });
    if (!this.#multiline) set(this.#spacer, { width: `${this.#room}px` });
  }

  /** Makes all but the end into room. */
  #measure(rightToLeft: boolean): void {
    const most = this.#text.length - KEPT;
    const start = this.#multiline ? this.#lineStart(most) : this.#wordStart(most, rightToLeft);
    if (start === 0) return;
    const size = this.#multiline ? this.#topAt(start) - this.markTop() : this.#widthTo(start);
    this.#room += size / this.#scale;
    this.#measured += this.#text.data.slice(0, start);
    this.#makeRoom();
    setText(this.#text, this.#text.data.slice(start));
  }

  /** Where a word begins, at most at `index`. Letters of both directions stand in each other's way: of those none is left out. */
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

  /** Where the line begins that the character at `index` is in. */
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

  /** The top of a character's box. A line's end, which may have none, is where the next character is. */
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

/** Letters, digits and signs that every font has. */
const PLAIN = /^[\x20-\x7e]*$/;

/** More text than this is not laid out again at each key, but for about as much as `KEPT`, in characters. */
const LONG = 1500;
const KEPT = 300;

function setText(node: Text, text: string): void {
  if (node.data !== text) node.data = text;
}

/** What was set last. The browser gives lengths and colours back in another form than they were set in. */
const wasSet = new WeakMap<HTMLElement, Map<string, string>>();

/** Sets only what is another value: an unchanged style costs no layout. */
function set(element: HTMLElement, values: Readonly<Record<string, string>>): void {
  const was = wasSet.get(element) ?? new Map<string, string>();
  wasSet.set(element, was);
  for (const name in values) {
    const value = values[name] as string;
    if (was.get(name) === value) continue;
    was.set(name, value);
    element.style.setProperty(name, value);
  }
}

function sameBox(a: Box, b: Box): boolean {
  return a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a === b || (a.size === b.size && [...a].every(([name, value]) => b.get(name) === value));
}
