import { fieldAt } from "./fields/find.ts";
import { PasswordMemory } from "./private.ts";
import type { Typist } from "./typist.ts";

/**
 * Tells `typist` what happens on the page, until `signal` ends it. Everything is heard on the window while it goes down to its
 * target, so a page that keeps events to itself does not keep them from here.
 */
export function listen(typist: Typist, window: Window, signal: AbortSignal, except?: string): void {
  const { document } = window;
  const passwords = new PasswordMemory(document, signal);
  const on = <K extends keyof WindowEventMap>(type: K, hear: (event: WindowEventMap[K]) => void, passive = true) =>
    window.addEventListener(type, hear, { capture: true, passive, signal });
  const isOurs = (event: Event) => typist.element !== null && event.composedPath()[0] === typist.element;
  const nextFrame = frameRequester(window, signal, () => typist.changed());
  const follow = () => {
    if (typist.element) typist.changed();
  };

  const enter = (target: EventTarget | null | undefined) => {
    const field = fieldAt(target, passwords);
    if (!field || (except && field.element.closest(except))) return typist.leave();
    typist.enter(field);
    resizes.observe(field.element, { box: "border-box" });
  };
  const leave = () => {
    resizes.disconnect();
    typist.leave();
  };
  const resizes = new ResizeObserver(follow);

  on("focusin", (event) => enter(event.composedPath()[0]));
  on("focusout", leave);
  on("pagehide", leave);
  // A page that one goes back to comes with its focus, and says nothing of it.
  on("pageshow", () => enter(focusedElement(document)));
  on("input", () => {
    follow();
    // The page hears of the input after this, and may change the field or move it.
    nextFrame();
  });
  on("compositionstart", (event) => isOurs(event) && typist.compose(true));
  on("compositionend", (event) => isOurs(event) && typist.compose(false));
  on("scroll", follow);
  on("resize", follow);
  on(
    "keydown",
    (event) => {
      if (!isOurs(event) || !typist.press(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    false,
  );
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow, { signal });
  document.addEventListener("selectionchange", follow, { capture: true, passive: true, signal });
  signal.addEventListener("abort", leave, { once: true });
  enter(focusedElement(document));
}

/** Calls back once in the next frame however often it was asked for. */
function frameRequester(window: Window, signal: AbortSignal, callback: () => void): () => void {
  let pending = 0;
  signal.addEventListener("abort", () => window.cancelAnimationFrame(pending), { once: true });
  return () => {
    pending ||= window.requestAnimationFrame(() => {
      pending = 0;
      callback();
    });
  };
}

function focusedElement(document: Document): Element | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}
