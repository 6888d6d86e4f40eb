import { findElement } from "../src/ui/find-element.ts";

export function write(selector: string, text: string): void {
  const element = findElement(selector, Element);
  if (element.textContent !== text) element.textContent = text;
}
