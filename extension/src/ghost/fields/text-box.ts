import { type Box, intersection, type Lead, overlap, type Placement } from "../placement.ts";
import { firstOf, lastOf } from "../text/cut.ts";
import { measuredWidth } from "../text/measured-width.ts";
import { zoomOf } from "../zoom.ts";
import { answeredIn } from "./answered.ts";
import { startNewUndoStep } from "./browser-undo.ts";
import { coloursOf } from "./colours.ts";
import { type Edges, edges } from "./edges.ts";
import { startsAtEdge } from "./editable-boxes.ts";
import { outOfEdited } from "./edited-document.ts";
import type { Field, FieldContext, FieldText, Written } from "./field.ts";
import type { FieldKind } from "./field-kind.ts";
import { innerSpan } from "./inner-span.ts";
import { isOneLine, kindOf } from "./kind-of.ts";
import { labelOf } from "./labels.ts";
import { isContinuedAround } from "./page-suggestion.ts";
import { scaleOf } from "./scale.ts";
import { subjectOf } from "./subject.ts";
import { textStyle } from "./text-style.ts";
import { coversNothing } from "./underneath.ts";
import { caretBoxIn, hasTextIn } from "./value-range.ts";
import { insertedPart, WRITTEN } from "./verify-write.ts";
import { clippedByAncestors, isOpaque, isSeenAt } from "./visibility.ts";

/** A `textarea`, or an `input` that holds prose. */
export class TextBox implements Field {
  readonly element: HTMLTextAreaElement | HTMLInputElement;
  readonly kind: FieldKind;
  readonly oneLine: boolean;
  readonly #context: FieldContext;

  constructor(element: HTMLTextAreaElement | HTMLInputElement, context: FieldContext) {
    this.element = element;
    this.#context = context;
    this.kind = kindOf(element, this.#multiline);
    this.oneLine = isOneLine(element);
  }

  get subject(): string {
    return this.kind === "email" ? subjectOf(this.element, this.#context.privacy) : "";
  }

  get answered(): string {
    return this.kind === "email" ? answeredIn(this.element, this.#context.privacy) : "";
  }

  get label(): string {
    return this.oneLine && this.kind !== "search" ? labelOf(this.element) : "";
  }

  get readable(): boolean {
    return !this.#context.privacy.isClosed(this.element);
  }

  get takesLines(): boolean {
    return !this.oneLine;
  }

  get #multiline(): boolean {
    return this.element instanceof HTMLTextAreaElement;
  }

  read(limit: number): FieldText | null {
    const { value, selectionStart, selectionEnd, maxLength } = this.element;
    if (selectionStart === null || selectionEnd === null) return null;
    return {
      before: lastOf(value.slice(0, selectionStart), limit),
      after: firstOf(value.slice(selectionEnd), limit),
      selected: selectionStart !== selectionEnd,
      room: maxLength < 0 ? Number.POSITIVE_INFINITY : maxLength - value.length,
    };
  }

  placement(): Placement | null {
    const { element } = this;
    const style = getComputedStyle(element);
    const scale = scaleOf(element);
    if (style.writingMode !== "horizontal-tb" || scale === null || !isOpaque(element)) return null;
    const padding = edges(style, "padding");
    const span = innerSpan(element, element.getBoundingClientRect(), style, scale);
    const inner = { ...span, height: element.clientHeight * scale };
    const flow = {
      left: inner.left + (padding.left - element.scrollLeft) * scale,
      top: inner.top + (padding.top - element.scrollTop) * scale,
      width: inner.width / scale - padding.left - padding.right,
      height: element.clientHeight - padding.top - padding.bottom,
    };
    const clip = clippedByAncestors(element, this.#multiline ? inner : this.#textBox(inner, padding, style, scale));
    const keepsLines = style.whiteSpace.includes("nowrap") || style.whiteSpace === "pre";
    const rightToLeft = style.direction === "rtl";
    const lead = this.#lead(style, flow, scale);
    const placement: Placement = {
      clip,
      flow: lead.kind === "caret" ? { ...flow, top: lead.caret.top, height: lead.caret.height / scale } : flow,
      scale,
      zoom: zoomOf(element),
      wraps: this.#multiline && !keepsLines && (lead.kind === "text" || startsAtEdge(style.textAlign, rightToLeft)),
      rightToLeft,
      style: textStyle(style),
      ...coloursOf(style, element),
      lead,
      seenAt: (x, y) => isSeenAt(element, x, y),
      isFree: (box, start) => !this.#hasTextIn(box, start, clip, style) && coversNothing(box, element),
    };
    return outOfEdited(placement, element.ownerDocument);
  }

  get hasPageSuggestion(): boolean {
    return isContinuedAround(this.element);
  }

  /** The box outside of which an input draws no letters: without its padding, which often has a button on it. */
  #textBox(inner: Box, padding: Edges, style: CSSStyleDeclaration, scale: number): Box {
    const button = this.element.type === "search" ? Number.parseFloat(style.fontSize) : 0;
    const [left, right] = style.direction === "rtl" ? [button, 0] : [0, button];
    return {
      ...inner,
      left: inner.left + (padding.left + left) * scale,
      width: inner.width - (padding.left + padding.right + left + right) * scale,
    };
  }

  #lead(style: CSSStyleDeclaration, flow: Box, scale: number): Lead {
    const caret = caretBoxIn(this.element, this.element.selectionStart ?? 0);
    if (!caret) {
      const { textAlign: align, textIndent: indent } = style;
      return { kind: "text", text: this.#textToCaret(), multiline: this.#multiline, align, indent };
    }
    const indent = style.direction === "rtl" ? flow.left + flow.width * scale - caret.left : caret.left - flow.left;
    return { kind: "caret", indent: indent / scale, caret };
  }

  /** Whether the user sees text of this field in `box`. */
  #hasTextIn(box: Box, start: Box, clip: Box, style: CSSStyleDeclaration): boolean {
    const seen = intersection(box, clip);
    if (!overlap(seen, clip)) return false;
    const { value, selectionStart } = this.element;
    const at = selectionStart ?? value.length;
    return hasTextIn(this.element, at, seen) ?? mayHaveTextIn(seen, start, value.slice(at), clip, style);
  }

  insert(text: string): Promise<Written> {
    return this.replace("", text);
  }

  async replace(typed: string, text: string): Promise<Written> {
    const { element } = this;
    const { value, selectionStart, selectionEnd } = element;
    const root = element.getRootNode() as Document | ShadowRoot;
    if (root.activeElement !== element || selectionStart === null || selectionStart !== selectionEnd) return "refused";
    const before = value.slice(0, selectionStart);
    if (!before.endsWith(typed)) return "refused";
    const start = selectionStart - typed.length;
    const was = { before: before.slice(0, start), after: value.slice(selectionStart) };
    startNewUndoStep(element);
    if (typed !== "") element.setSelectionRange(start, selectionStart);
    const taken = document.execCommand("insertText", false, text);
    if (!taken && element.value === value) this.#overwrite(text, start, selectionStart);
    if (element.value === value) {
      element.setSelectionRange(selectionStart, selectionStart);
      return "refused";
    }
    const at = element.selectionStart ?? element.value.length;
    return WRITTEN[insertedPart(was, text, { before: element.value.slice(0, at), after: element.value.slice(at) })];
  }

  /** The last resort, if the browser does not execute the command. Undo does not work, but the page gets the input event. */
  #overwrite(text: string, start: number, end: number): void {
    this.element.setRangeText(text, start, end, "end");
    this.element.dispatchEvent(
      new InputEvent("input", { bubbles: true, composed: true, inputType: "insertText", data: text }),
    );
  }

  #textToCaret(): string {
    return this.element.value.slice(0, this.element.selectionStart ?? 0);
  }
}

/**
 * Whether text of a field may be in `box`, if the browser does not give the boxes of the text. `after`: the text after the caret. All text
 * above the caret's line, and all text in lines below it, counts.
 */
function mayHaveTextIn(box: Box, start: Box, after: string, clip: Box, style: CSSStyleDeclaration): boolean {
  const middle = box.top + box.height / 2;
  if (middle < start.top) return true;
  const [line = "", ...below] = after.trimEnd().split("\n");
  if (middle < start.top + start.height) return line !== "";
  return below.length > 0 || start.left + widthOf(line, style) > clip.left + clip.width;
}

const widthOf = (text: string, { font }: CSSStyleDeclaration): number =>
  text === "" ? 0 : measuredWidth(text, (context) => Object.assign(context, { font }));
