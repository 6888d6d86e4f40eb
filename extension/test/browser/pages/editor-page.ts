/** The common parts of all editors' pages: a container for the editor, and the text that the editor itself reports. */

/** The editor's own view of its text. A test compares it with what was typed: the DOM may differ from the editor's model. */
export interface Page {
  /** The text, one line for each paragraph. */
  text(): string;
}

declare global {
  interface Window {
    editorPage?: Page;
  }
}

/** Creates the element for the editor. */
export function container(): HTMLElement {
  const element = document.createElement("main");
  element.id = "container";
  document.body.append(element);
  return element;
}

export function expose(page: Page): void {
  window.editorPage = page;
}

/** The text of an editor's element: each of its children is a paragraph. */
export function paragraphsOf(root: Node | null | undefined): string {
  return [...(root?.childNodes ?? [])]
    .map(textOf)
    .join("\n")
    .replaceAll("\u00a0", " ")
    .replaceAll(/[\u200b\ufeff]/g, "");
}

/** A line break at the end of a paragraph only gives it a height. The node may be of a frame, which has classes of its own. */
function textOf(node: Node): string {
  if (node.nodeName === "BR") return node.nextSibling ? "\n" : "";
  return node.nodeType === Node.TEXT_NODE ? (node.textContent ?? "") : [...node.childNodes].map(textOf).join("");
}
