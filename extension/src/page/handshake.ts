import { atEachOpening } from "./reopened-document.ts";

/**
 * The handshake between the content script and the script in the page's own world. Both start before any script of the page, in an unknown
 * order, so the first script receives the message of the second one. The content script then sends the name of the event that it will use.
 * No page can guess the name, and it is not sent again after the page's first script has started. Only if the extension is updated while a
 * page is open can that page receive the name. The page then learns when a field gets the focus, and can end undo steps of its own editors.
 */

const NAME = "foretype:name";
const HERE = "foretype:here";
/** The content script has ended. */
const GONE = "gone";

/**
 * In the page's own world: calls `listener` for each message of the content script about an element. Ends with the content script, or when
 * a newer script of this kind starts: after an update of the extension, an open page has both.
 */
export function hearContentScript(window: Window, listener: (element: HTMLElement, word: string) => void): void {
  const ended = new AbortController();
  const options = { capture: true, signal: ended.signal };
  // Kept from before any script of the page: later scripts may replace the function.
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
    // The name stays the same, because the page could receive a new one.
    atEachOpening(window.document, ended.signal, (signal) => listen(name, said, { capture: true, signal }));
  };
  window.addEventListener(NAME, named, { ...options, once: true });
  window.dispatchEvent(new Event(HERE));
  window.addEventListener(HERE, () => ended.abort(), options);
}

/** In the content script: returns the function that sends a message about an element to the page's own world. */
export function speakToPage(window: Window, signal: AbortSignal): (element: HTMLElement, word: string) => void {
  // `crypto.randomUUID` is missing on pages without TLS.
  const name = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");
  /** True if the other script has received the message. */
  const tell = () => !window.dispatchEvent(new CustomEvent(NAME, { detail: name, cancelable: true }));
  const here = (event: Event) => {
    event.stopImmediatePropagation();
    tell();
  };
  const leave = () => window.dispatchEvent(new CustomEvent(name, { detail: GONE }));
  signal.addEventListener("abort", leave, { once: true });
  // The other script receives this only if it was first. After that, the name is never sent again.
  if (!tell()) window.addEventListener(HERE, here, { once: true, capture: true, signal });
  return (element, word) => element.dispatchEvent(new CustomEvent(name, { detail: word, composed: true }));
}
