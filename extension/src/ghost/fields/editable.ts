import type { Placement } from "../placement.ts";
import { zoomOf } from "../zoom.ts";
import { answeredIn } from "./answered.ts";
import { startNewUndoStepIn } from "./browser-undo.ts";
import { coloursOf } from "./colours.ts";
import { blockAround, caretBox, flowBox, startsAtEdge } from "./editable-boxes.ts";
import { type Caret, textAround } from "./editable-text.ts";
import { outOfEdited } from "./edited-document.ts";
import { editorOf } from "./editors/index.ts";
import type { Field, FieldContext, FieldText, Written } from "./field.ts";
import type { FieldKind } from "./field-kind.ts";
import { isOneLine, kindOf } from "./kind-of.ts";
import { labelOf } from "./labels.ts";
import { hasSuggestionAt, suggestionElementAt } from "./page-suggestion.ts";
import { scaleOf } from "./scale.ts";
import { subjectOf } from "./subject.ts";
import { textStyle } from "./text-style.ts";
import { coversNothing } from "./underneath.ts";
import { foundOrDisturbed, insertedPart, WRITTEN } from "./verify-write.ts";
import { clipOf, isOpaque, isTextSeenAt } from "./visibility.ts";
import { byRequestOrCommand } from "./write.ts";

/** The number of characters on each side that are compared after a write. */
const VERIFIED = 200;
/**
 * An editor may draw text some time after it was inserted. So the text is read again this many times within the task, then after these
 * milliseconds.
 */
const TICKS = 10;
const SETTLING_MS = [16, 32];

/** In Firefox, line breaks of inserted text are lost if the caret is in a `p`. */
const IS_FIREFOX = "mozInnerScreenX" in globalThis;

/**
 * Any `contenteditable`. Reading its text and finding its caret is the same for all editors. How text is written and how an undo step ends
 * depends on the editor: `editors/`.
 */
export class Editable implements Field {
  readonly element: HTMLElement;
  readonly kind: FieldKind;
  readonly oneLine: boolean;
  readonly #context: FieldContext;

  constructor(element: HTMLElement, context: FieldContext) {
    this.element = element;
    this.#context = context;
    this.kind = kindOf(element, true);
    this.oneLine = isOneLine(element);
    context.page.entered(element);
  }

  get takesLines(): boolean {
    return !this.oneLine && !editorOf(this.element)?.joinsLines && !(IS_FIREFOX && this.#isInParagraph());
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

  read(limit: number): FieldText | null {
    const selection = this.#selection();
    const caret = selection && this.#caret(selection);
    if (!selection || !caret) return null;
    const around = textAround(this.element, caret, limit, suggestionElementAt(this.element, caret));
    return { ...around, selected: !selection.isCollapsed, room: Number.POSITIVE_INFINITY };
  }

  placement(): Placement | null {
    const line = this.#line();
    if (!line) return null;
    const { element } = this;
    const { caret, inline, block } = line;
    const style = getComputedStyle(inline);
    const scale = scaleOf(block);
    if (style.writingMode !== "horizontal-tb" || scale === null || !isOpaque(inline)) return null;
    const rightToLeft = style.direction === "rtl";
    const box = caretBox(caret, inline, block);
    const flow = flowBox(block, box, scale, rightToLeft);
    const indent = rightToLeft ? flow.left + flow.width - box.left : box.left - flow.left;
    const placement: Placement = {
      clip: clipOf(inline),
      flow: { left: flow.left, top: box.top, width: flow.width / scale, height: box.height / scale },
      scale,
      zoom: zoomOf(block),
      wraps: startsAtEdge(getComputedStyle(block).textAlign, rightToLeft) && !/^(pre|nowrap)$/.test(style.whiteSpace),
      rightToLeft,
      style: textStyle(style),
      ...coloursOf(style, inline),
      lead: { kind: "caret", indent: indent / scale, caret: box },
      seenAt: (x, y) => isTextSeenAt(element, x, y),
      isFree: (box) => coversNothing(box, element),
    };
    return outOfEdited(placement, this.element.ownerDocument);
  }

  get hasPageSuggestion(): boolean {
    const line = this.#line();
    if (!line) return false;
    const { caret, inline, block } = line;
    return hasSuggestionAt(this.element, caret, caretBox(caret, inline, block));
  }

  insert(text: string): Promise<Written> {
    return this.replace("", text);
  }

  async replace(typed: string, text: string): Promise<Written> {
    const { element } = this;
    const selection = this.#selection();
    const was = this.read(VERIFIED);
    if (!selection || !was || was.selected || !element.isContentEditable) return "refused";
    if (!was.before.endsWith(typed)) return "refused";
    startNewUndoStepIn(selection);
    this.#context.page.undoStep(element, "before");
    if (typed !== "" && !this.#select(selection, typed)) return "refused";
    const write = editorOf(element)?.write ?? byRequestOrCommand;
    write(element, text);
    const written = await this.#outcome(
      { ...was, before: was.before.slice(0, was.before.length - typed.length) },
      text,
    );
    this.#context.page.undoStep(element, "after");
    return written === "unverified" && this.#isUnchanged(was) ? "refused" : written;
  }

  #isInParagraph(): boolean {
    const node = this.#selection()?.focusNode;
    return (node instanceof Element ? node : node?.parentElement)?.closest("p") != null;
  }

  /** Selects `typed`, which ends at the caret. False if it is not there. */
  #select(selection: Selection, typed: string): boolean {
    for (const _ of typed) selection.modify("extend", "backward", "character");
    const isSelected = selection.toString() === typed;
    if (!isSelected) selection.collapseToEnd();
    // An editor with its own model has to know the selection at once. The browser's own event comes later.
    else this.element.ownerDocument.dispatchEvent(new Event("selectionchange"));
    return isSelected;
  }

  /** After a write into a selection that the editor has ignored, only the caret has to be put back. */
  #isUnchanged(was: FieldText): boolean {
    this.#selection()?.collapseToEnd();
    const is = this.read(VERIFIED);
    return is?.before === was.before && is.after === was.after;
  }

  async #outcome(was: FieldText, text: string): Promise<Written> {
    const inserted = () => {
      const is = this.read(VERIFIED);
      return is ? insertedPart(was, text, is, VERIFIED) : "other";
    };
    const holds = () => inserted() === "all";
    for (let tick = 0; tick < TICKS; tick++) {
      if (holds()) return "written";
      await Promise.resolve();
    }
    const settles = async () => {
      for (const ms of SETTLING_MS) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        if (holds()) return true;
      }
      return false;
    };
    return (await foundOrDisturbed(settles)) ? "written" : WRITTEN[inserted()];
  }

  /** The caret, the element that its text is in, and the block that its line is laid out in. */
  #line(): { readonly caret: Caret; readonly inline: Element; readonly block: HTMLElement } | null {
    const selection = this.#selection();
    const caret = selection && this.#caret(selection);
    const inline = caret && (caret.node instanceof Element ? caret.node : caret.node.parentElement);
    const block = inline && blockAround(inline);
    return caret && inline && block ? { caret, inline, block } : null;
  }

  #selection(): Selection | null {
    // Inside a shadow root, Chromium gives the selection only through that root.
    const root = this.element.getRootNode() as Document & { getSelection(): Selection | null };
    return root.getSelection?.() ?? document.getSelection();
  }

  #caret(selection: Selection): Caret | null {
    const { focusNode, focusOffset } = selection;
    if (!focusNode || !this.element.contains(focusNode)) return null;
    return { node: focusNode, offset: focusOffset };
  }
}
