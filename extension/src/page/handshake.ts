import { atEachOpening } from "./reopened.ts";

/**
 * How the content script and the page's own world find each other. Both start before any script of the page, in an order that is not
 * known: whoever comes second is heard by the first. The content script then names the event that it will use, a name that no page
 * can guess: nobody listens for it any more when the page's first script runs. Where the extension is updated under an open page the
 * page may overhear the name. It learns by it when a field is entered, and can end undo steps of its own editors.
 */

const NAME = "foretype:name";
const HERE = "foretype:here";
/** The content script's last word. */
const GONE = "gone";

/**
 * In the page's world: calls `listener` with what the content script says, and about which element. Ends with the content script, or
 * when another one like it starts here: a page that has outlived its extension has two after it was updated.
 */
export function hearContentScript(window: Window, listener: (element: HTMLElement, word: string) => void): void {
  const ended = new AbortController();
  const options = { capture: true, signal: ended.signal };
  // As it was before any script of the page: one that is there when the document is opened anew could put its own in its place.
  const listen = window.addEventListener.bind(window);
  const said = (event: Event) => {
    event.stopImmediatePropagation();
    const word = String((event as CustomEvent).detail);
    const element = event.composedPath()[0];
    if (element instanceof HTMLElement) listener(element, word);
    else if (word === GONE) ended.abort();
  };
  const named = (event: Event) => {
    event.stopImmediatePropagation();
    event.preventDefault();
    const name: unknown = (event as CustomEvent).detail;
    if (typeof name !== "string") return;
    // The name stays the same: it is not said again where others may hear it.
    atEachOpening(window.document, ended.signal, (signal) => listen(name, said, { capture: true, signal }));
  };
  window.addEventListener(NAME, named, { ...options, once: true });
  window.dispatchEvent(new Event(HERE));
  window.addEventListener(HERE, () => ended.abort(), options);
}

/** In the content script: gives back how a word about an element is said in the page's world. */
export function speakToPage(window: Window, signal: AbortSignal): (element: HTMLElement, word: string) => void {
  // Not `randomUUID`: pages without TLS have none.
  const name = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");
  /** Whether it was heard. */
  const tell = () => !window.dispatchEvent(new CustomEvent(NAME, { detail: name, cancelable: true }));
  const here = (event: Event) => {
    event.stopImmediatePropagation();
    tell();
  };
  const leave = () => window.dispatchEvent(new CustomEvent(name, { detail: GONE }));
  signal.addEventListener("abort", leave, { once: true });
  // Heard only where the page's side was first. Once it was, nobody is told any more who asks.
  if (!tell()) window.addEventListener(HERE, here, { once: true, capture: true, signal });
  return (element, word) => element.dispatchEvent(new CustomEvent(name, { detail: word, composed: true }));
}
