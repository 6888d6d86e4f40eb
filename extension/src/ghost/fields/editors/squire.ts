import type { Editor } from "./editor.ts";

/** Squire stores the text with its caret, which it marks by an element with this id, for a moment. */
const MARK = "squire-selection-start";

const watched = new WeakSet<HTMLElement>();
const recognised = new WeakSet<HTMLElement>();

/**
 * Squire. Nothing on its element names it, and nothing leads from the element to the editor's object. If a script element loaded Squire,
 * its class is a property of the window: then each editable element that is of no other editor is taken for Squire. If it was bundled, such an
 * element is watched for the mark, which appears when Squire stores the text: at each space, and when text is deleted. Until the first of these
 * in a field, Ctrl-Z removes the typed letters before an accepted word, too. A request for a format in every unknown editor would show which
 * one is Squire, but could change the document of another one.
 */
export const squire: Editor = {
  name: "Squire",
  selector: '[contenteditable="true"]',

  entered(element) {
    if (watched.has(element)) return;
    watched.add(element);
    const marks = new MutationObserver((changes) => {
      if (!changes.some(addsMark)) return;
      recognised.add(element);
      marks.disconnect();
    });
    marks.observe(element, { childList: true, subtree: true });
  },

  /**
   * Squire takes requests for formats from the browser, and stores the text before each. This one asks for the direction that the line has,
   * so nothing else changes. A step after the word would be one more: Squire stores the text again when it undoes.
   */
  endUndoStep(element, moment) {
    const isSquire = recognised.has(element) || isLoaded();
    const line = moment === "before" && isSquire ? lineAtCaret(element) : null;
    if (!line) return;
    const request = { inputType: "formatSetBlockTextDirection", data: line.getAttribute("dir"), cancelable: true };
    element.dispatchEvent(new InputEvent("beforeinput", request));
  },
};

const isLoaded = (): boolean => typeof (window as { readonly Squire?: unknown }).Squire === "function";

const addsMark = ({ addedNodes }: MutationRecord): boolean =>
  [...addedNodes].some((node) => node instanceof Element && node.id === MARK);

/** The block of the line that contains the caret. */
function lineAtCaret(root: HTMLElement): Element | null {
  const node = getSelection()?.focusNode ?? null;
  let element = node instanceof Element ? node : (node?.parentElement ?? null);
  while (element && element !== root && getComputedStyle(element).display.startsWith("inline"))
    element = element.parentElement;
  return element && element !== root && root.contains(element) ? element : null;
}
