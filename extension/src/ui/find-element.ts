/** The page's element that matches, and has this type. A page and its script are written together, so a missing element is a mistake. */
export function findElement<T extends Element>(selector: string, type: abstract new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}`);
  return found;
}
