import { setStyle } from "./set-style.ts";

/**
 * An element that shows `text` without containing it: the browser generates the text, as the quotation mark of a quote. No function of a
 * page finds generated text. It is still announced to screen readers. In Firefox, a content script can't add a style sheet where the page's
 * policy forbids it, but it can always set `quotes`.
 */
export function generated(text: string): HTMLElement {
  const quote = document.createElement("q");
  regenerate(quote, text);
  return quote;
}

export function regenerate(quote: HTMLElement, text: string): void {
  setStyle(quote, { quotes: `${cssString(text)} ""` });
}

function cssString(text: string): string {
  return `"${text.replace(/["\\\p{Cc}]/gu, (one) => `\\${one.codePointAt(0)?.toString(16)} `)}"`;
}
