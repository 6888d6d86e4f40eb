/** The page's element of that kind; the page and this code are made for each other, so it is there. */
export function find<T extends Element>(selector: string, type: abstract new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}`);
  return found;
}

export function write(selector: string, text: string): void {
  const element = find(selector, Element);
  if (element.textContent !== text) element.textContent = text;
}
