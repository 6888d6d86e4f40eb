/**
 * How the content script and the page's own world find each other. Both start before any script of the page, in an order that is not
 * known: whoever comes second is heard by the first. The content script then names the event that it will use, a name that no page
 * can guess; both listeners are gone before the page's first script runs.
 */

const NAME = "foretype:name";
const HERE = "foretype:here";

/** In the page's world: calls `listener` with what the content script says, and about which element. */
export function hearContentScript(window: Window, listener: (element: HTMLElement, word: string) => void): void {
  const named = (event: Event) => {
    event.stopImmediatePropagation();
    const name: unknown = (event as CustomEvent).detail;
    if (typeof name !== "string") return;
    window.addEventListener(name, (said) => hear(said, listener), { capture: true });
  };
  window.addEventListener(NAME, named, { once: true, capture: true });
  window.dispatchEvent(new Event(HERE));
}

function hear(event: Event, listener: (element: HTMLElement, word: string) => void): void {
  event.stopImmediatePropagation();
  const element = event.composedPath()[0];
  if (element instanceof HTMLElement) listener(element, String((event as CustomEvent).detail));
}

/** In the content script: gives back how a word about an element is said in the page's world. */
export function speakToPage(window: Window, signal: AbortSignal): (element: HTMLElement, word: string) => void {
  // Not `randomUUID`: pages without TLS have none.
  const name = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");
  const tell = () => window.dispatchEvent(new CustomEvent(NAME, { detail: name }));
  const here = (event: Event) => {
    event.stopImmediatePropagation();
    tell();
  };
  window.addEventListener(HERE, here, { once: true, capture: true, signal });
  // Heard only where the page's side was first.
  tell();
  return (element, word) => element.dispatchEvent(new CustomEvent(name, { detail: word, composed: true }));
}
