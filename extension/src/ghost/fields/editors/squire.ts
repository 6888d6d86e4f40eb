import type { Editor } from "./editor.ts";

interface SquireEditor {
  getRoot(): HTMLElement;
  saveUndoState(): void;
  modifyDocument(modify: () => void): void;
}

/** An event that Squire listens to, and that changes nothing there. */
const PROBE = "dragend";

/** Squire. Nothing in its element tells that it is Squire, so this is the last editor of the list, and any other element is no harm. */
export const squire: Editor = {
  name: "Squire",
  selector: '[contenteditable="true"]',

  /**
   * Typed text is one undo step until the next space. To save a state, Squire marks the caret by elements, and `modifyDocument` makes it ignore
   * them: it would take them for a change after that state.
   */
  endUndoStep(element) {
    const editor = squireOf(element);
    editor?.modifyDocument(() => editor.saveUndoState());
  },
};

/**
 * The Squire that writes in `element`. Its element does not lead to it, and most pages bundle it. But when it gets an event, it looks its
 * listeners up in a Map, and calls them with itself as `this`: for the time of one event, the Map gives it a listener that keeps it.
 */
function squireOf(element: HTMLElement): SquireEditor | null {
  const found: SquireEditor[] = [];
  const { get } = Map.prototype;
  function keep(this: Partial<SquireEditor> | undefined): void {
    if (this?.saveUndoState && this.getRoot?.() === element) found.push(this as SquireEditor);
  }
  Map.prototype.get = function (key) {
    const value: unknown = get.call(this, key);
    return key === PROBE && Array.isArray(value) ? [keep] : value;
  };
  try {
    element.dispatchEvent(new DragEvent(PROBE));
  } finally {
    Map.prototype.get = get;
  }
  return found[0] ?? null;
}
