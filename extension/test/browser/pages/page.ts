/** What every editor's page has in common: a place for the editor, and its text as the editor itself would give it out. */

/** The page's own view of its editor. A test compares it with what the user did: what stands in the DOM alone may be a lie. */
export interface Page {
  /** The text, one line a paragraph. */
  text(): string;
}

declare global {
  interface Window {
    editorPage?: Page;
  }
}

/** Where the editor goes. */
export function place(): HTMLElement {
  const element = document.createElement("main");
  element.id = "place";
  document.body.append(element);
  return element;
}

export function expose(page: Page): void {
  window.editorPage = page;
}
