/** The place of a field's caret, as values to compare. The browser also reports a moved caret after each typed letter. */
export type Caret = readonly unknown[];

export function caretOf(element: HTMLElement): Caret {
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement) {
    return [element.selectionStart, element.selectionEnd];
  }
  const root = element.getRootNode() as Document & { getSelection(): Selection | null };
  const selection = root.getSelection?.() ?? document.getSelection();
  return [selection?.anchorNode, selection?.anchorOffset, selection?.focusNode, selection?.focusOffset];
}

export const isSameCaret = (one: Caret, other: Caret): boolean => one.every((part, index) => part === other[index]);
