/** A longer text is not a name: it may mention passwords only to warn against writing them. */
const LONGEST_NAME = 60;

/** The visible labels that name the field. */
export function labelsOf(element: HTMLElement): string[] {
  const root = element.getRootNode() as Document | ShadowRoot;
  const named = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => id && root.getElementById(id));
  const labels: Iterable<Element> = "labels" in element ? ((element.labels ?? []) as NodeListOf<HTMLLabelElement>) : [];
  return [...labels, ...named].map((label) => (label ? (label.textContent ?? "").trim() : "")).filter(isName);
}

/** What the page calls the field: its label, else its placeholder. Empty if there is neither. */
export function labelOf(element: HTMLElement): string {
  const attributes = ["aria-label", "placeholder"].map((name) => (element.getAttribute(name) ?? "").trim());
  return [...labelsOf(element), ...attributes].find((name) => name !== "" && isName(name)) ?? "";
}

const isName = (text: string) => text.length <= LONGEST_NAME;
