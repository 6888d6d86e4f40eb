/** A longer text is not a name: it may mention passwords only to warn against writing them. */
const LONGEST_NAME = 60;

/** A text in which the user writes is no label, although a page may name a field by it. */
const EDITABLE = 'textarea, [contenteditable]:not([contenteditable="false" i])';

/** The visible labels that name the field. */
export const labelsOf = (element: HTMLElement): string[] => labelElements(element).map(textOf).filter(isName);

function labelElements(element: HTMLElement): Element[] {
  const root = element.getRootNode() as Document | ShadowRoot;
  const named = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => id && root.getElementById(id));
  const labels: Iterable<Element> = "labels" in element ? ((element.labels ?? []) as NodeListOf<HTMLLabelElement>) : [];
  return [...labels, ...named.filter((label) => label instanceof Element)];
}

const textOf = (label: Element): string => (label.textContent ?? "").trim();

const isWritten = (label: Element): boolean =>
  (label instanceof HTMLElement && label.isContentEditable) ||
  label.matches(EDITABLE) ||
  label.querySelector(EDITABLE) !== null;

/** What the page calls the field: its label, else its placeholder. Empty if there is neither. */
export function labelOf(element: HTMLElement): string {
  const attributes = ["aria-label", "placeholder"].map((name) => (element.getAttribute(name) ?? "").trim());
  const labels = labelElements(element).filter((label) => !isWritten(label));
  return [...labels.map(textOf), ...attributes].find((name) => name !== "" && isName(name)) ?? "";
}

const isName = (text: string) => text.length <= LONGEST_NAME;
