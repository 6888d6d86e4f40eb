import { find } from "../src/look/find.ts";

export { find };

export function write(selector: string, text: string): void {
  const element = find(selector, Element);
  if (element.textContent !== text) element.textContent = text;
}
