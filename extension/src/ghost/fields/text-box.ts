import type { Placement } from "../placement.ts";
import { firstOf, lastOf } from "../text/cut.ts";
import { startNewUndoStep } from "./browser-undo.ts";
import { coloursOf } from "./colours.ts";
import { edges } from "./edges.ts";
import { outOfEdited } from "./edited-document.ts";
import type { Field, FieldContext, FieldText, Written } from "./field.ts";
import type { FieldKind } from "./field-kind.ts";
import { isOneLine, kindOf } from "./kind-of.ts";
import { isContinuedAround } from "./page-suggestion.ts";
import { textStyle } from "./text-style.ts";
import { insertedPart, WRITTEN } from "./verify-write.ts";
import { clippedByAncestors, isSeenAt } from "./visibility.ts";

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

  get readable(): boolean {
    return !this.#context.privacy.isClosed(this.element);
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
    if (style.writingMode !== "horizontal-tb" || element.offsetWidth === 0) return null;
    const outer = element.getBoundingClientRect();
    const scale = outer.width / element.offsetWidth;
    const border = edges(style, "border");
    const padding = edges(style, "padding");
    // The scroll bar is part of neither the border nor the padding.
    const innerWidth = outer.width / scale - border.left - border.right;
    const bar = Math.max(0, Math.round(innerWidth) - element.clientWidth);
    const barLeft = style.direction === "rtl" ? bar : 0;
    const inner = {
      left: outer.left + (border.left + barLeft) * scale,
      top: outer.top + border.top * scale,
      width: (innerWidth - bar) * scale,
      height: element.clientHeight * scale,
    };
    const placement: Placement = {
      clip: clippedByAncestors(element, inner),
      flow: {
        left: inner.left + (padding.left - element.scrollLeft) * scale,
        top: inner.top + (padding.top - element.scrollTop) * scale,
        width: innerWidth - bar - padding.left - padding.right,
        height: element.clientHeight - padding.top - padding.bottom,
      },
      scale,
      wraps: this.#multiline && !style.whiteSpace.includes("nowrap") && style.whiteSpace !== "pre",
      rightToLeft: style.direction === "rtl",
      style: textStyle(style),
      ...coloursOf(style, element),
      lead: { kind: "text", text: this.#textToCaret(), multiline: this.#multiline, align: style.textAlign },
      seenAt: (x, y) => isSeenAt(element, x, y),
    };
    return outOfEdited(placement, element.ownerDocument);
  }

  get hasPageSuggestion(): boolean {
    return isContinuedAround(this.element);
  }

  async insert(text: string): Promise<Written> {
    const { element } = this;
    const { value, selectionStart, selectionEnd } = element;
    const root = element.getRootNode() as Document | ShadowRoot;
    if (root.activeElement !== element || selectionStart === null || selectionStart !== selectionEnd) return "refused";
    const was = { before: value.slice(0, selectionStart), after: value.slice(selectionStart) };
    startNewUndoStep(element);
    const taken = document.execCommand("insertText", false, text);
    if (!taken && element.value === value) this.#overwrite(text, selectionStart);
    const at = element.selectionStart ?? element.value.length;
    return WRITTEN[insertedPart(was, text, { before: element.value.slice(0, at), after: element.value.slice(at) })];
  }

  /** The last resort, if the browser does not execute the command. Undo does not work, but the page gets the input event. */
  #overwrite(text: string, at: number): void {
    this.element.setRangeText(text, at, at, "end");
    this.element.dispatchEvent(
      new InputEvent("input", { bubbles: true, composed: true, inputType: "insertText", data: text }),
    );
  }

  #textToCaret(): string {
    return this.element.value.slice(0, this.element.selectionStart ?? 0);
  }
}
