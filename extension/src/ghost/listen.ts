import { fieldAt } from "./fields/find.ts";
import { PasswordMemory } from "./private.ts";
import type { Reach } from "./reach.ts";
import type { Typist } from "./typist.ts";

/** The closed set of what has the focus on a page, as one would tell a person. */
export type Here =
  | "field" // one that is completed in
  | "private" // a field that is never read
  | "code" // a code editor, and those are off
  | "kind" // of another kind that is off
  | "unwritable" // a field that did not take text as it should have
  | "none"; // no field

/**
 * What a page does without an event, to the text or over it, is seen when nothing has happened for so long: longer than most people
 * need for the next key, so that a key costs one look and not two.
 */
const PAUSE_MS = 500;

/** Looks what has the focus now; also where the window has not. */
export type Look = () => Here;

/**
 * Tells `typist` what happens on the page, until `signal` ends it. Everything is heard on the window while it goes down to its
 * target, so a page that keeps events to itself does not keep them from here.
 */
export function listen(typist: Typist, reach: Reach, window: Window, signal: AbortSignal, except?: string): Look {
  const { document } = window;
  const passwords = new PasswordMemory(document, signal);
  const on = <K extends keyof WindowEventMap>(type: K, hear: (event: WindowEventMap[K]) => void, passive = true) =>
    window.addEventListener(type, hear, { capture: true, passive, signal });
  /** What an event in the field says it comes from, on the window: the field, or what hides it. */
  let seenAs: ReadonlySet<EventTarget> = new Set();
  const isOurs = (event: Event) => seenAs.has(event.composedPath()[0] as EventTarget);
  let caret: Caret = [];
  /** Keys that went down for ghost text, and have not come up. */
  const usedUp = new Set<string>();
  /** Whether a key went down since text came in last. */
  let byKey = false;
  // However much happens, it is measured and drawn once, before the next frame is painted: nobody sees it later than at once.
  const { soon, nextFrame } = onceSoon(window, signal, () => {
    typist.changed();
    if (typist.element) caret = caretOf(typist.element);
  });
  const follow = () => {
    if (!typist.element) return;
    nextFrame();
    afterwards();
  };
  const followCaret = () => {
    if (typist.element && !isSame(caretOf(typist.element), caret)) follow();
  };
  const afterwards = pauseWaiter(PAUSE_MS, signal, nextFrame);
  typist.onAnswer(follow);
  let entered = new AbortController();

  const enter = (target: EventTarget | null | undefined) => {
    const field = fieldAt(target, passwords, reach);
    if (!field || (except && field.element.closest(except))) return leave();
    if (field.element === typist.element) return;
    leave();
    typist.enter(field);
    // The client may have found that there is nobody left to type for.
    if (signal.aborted) return;
    resizes.observe(field.element, { box: "border-box" });
    const roots = shadowRootsAround(field.element);
    seenAs = new Set([field.element, ...roots.map(({ host }) => host)]);
    entered = new AbortController();
    field.watch?.({ changed: () => typist.changed(), composing: (is) => typist.compose(is) }, entered.signal);
    for (const root of roots) {
      passwords.watch(root);
      listenInside(root, entered.signal);
    }
  };
  const leave = () => {
    entered.abort();
    seenAs = new Set();
    resizes.disconnect();
    typist.leave();
  };
  /** What a shadow tree keeps to itself: the focus that moves inside of it, its scrolling, its carets. */
  const listenInside = (root: ShadowRoot, until: AbortSignal) => {
    const options = { capture: true, passive: true, signal: until };
    root.addEventListener("focusin", (event) => enter(event.target), options);
    root.addEventListener("focusout", leave, options);
    root.addEventListener("scroll", follow, options);
    root.addEventListener("selectionchange", followCaret, options);
  };
  const resizes = new ResizeObserver(follow);

  on("focusin", (event) => enter(event.composedPath()[0]));
  on("focusout", leave);
  on("pagehide", leave);
  // A page that one goes back to comes with its focus, and says nothing of it.
  on("pageshow", () => enter(document.activeElement));
  // The page hears of the input after this, and may change the text: it is read when the page is done, and no later than it is seen.
  on("input", (event) => {
    if (!typist.element) return;
    if (!byKey && isWords(event)) typist.dictated();
    byKey = false;
    soon();
    afterwards();
  });
  on("compositionstart", (event) => isOurs(event) && typist.compose(true));
  on("compositionend", (event) => isOurs(event) && typist.compose(false));
  on("scroll", follow);
  on("resize", follow);
  on(
    "keydown",
    (event) => {
      if (!isOurs(event)) return;
      byKey = true;
      // A page that was open before this script came hears of keys first, and may have taken this one.
      if (event.defaultPrevented || !typist.press(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      usedUp.add(event.code);
    },
    false,
  );
  // Many a page closes its dialog when Escape comes up: of a key that was used up it hears nothing.
  on("keyup", (event) => {
    if (event.isTrusted && usedUp.delete(event.code)) event.stopImmediatePropagation();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow, { signal });
  document.addEventListener("selectionchange", followCaret, { capture: true, passive: true, signal });
  signal.addEventListener("abort", leave, { once: true });
  enter(document.activeElement);
  return () => {
    const element = document.activeElement;
    const field = fieldAt(element, passwords, reach);
    if (!field) return element && passwords.has(element) ? "private" : "none";
    if (!field.open) return "private";
    if (typist.isOff(field.kind)) return field.kind === "code" ? "code" : "kind";
    return typist.hasFailedIn(field.element) ? "unwritable" : "field";
  };
}

/** Whether more than a letter came in at once, as from somebody who speaks. What is pasted or undone is called by its own name. */
function isWords(event: Event): boolean {
  const { inputType, data } = event as InputEvent;
  return inputType === "insertText" && data !== null && [...data].length > 1;
}

/** Calls back once however often it was asked for: `soon`, when the page is done with the event, or else in the next frame. */
function onceSoon(window: Window, signal: AbortSignal, callback: () => void) {
  let frame = 0;
  let task = 0;
  const cancel = () => {
    window.cancelAnimationFrame(frame);
    window.clearTimeout(task);
    frame = 0;
    task = 0;
  };
  const call = () => {
    cancel();
    callback();
  };
  signal.addEventListener("abort", cancel, { once: true });
  const nextFrame = () => {
    frame ||= window.requestAnimationFrame(call);
  };
  const soon = () => {
    nextFrame();
    task ||= window.setTimeout(call);
  };
  return { soon, nextFrame };
}

/** Where the caret is. The browser says that it moved also where a letter moved it, which is known by then. */
type Caret = readonly unknown[];

function caretOf(element: HTMLElement): Caret {
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement) {
    return [element.selectionStart, element.selectionEnd];
  }
  const root = element.getRootNode() as Document & { getSelection(): Selection | null };
  const selection = root.getSelection?.() ?? document.getSelection();
  return [selection?.anchorNode, selection?.anchorOffset, selection?.focusNode, selection?.focusOffset];
}

const isSame = (one: Caret, other: Caret): boolean => one.every((part, index) => part === other[index]);

/** Calls back once when it has not been asked for that for `ms`. One timer serves many keys: each of its own would cost each a bit. */
function pauseWaiter(ms: number, signal: AbortSignal, callback: () => void): () => void {
  let timer = 0;
  let due = 0;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  const wait = (left: number) => {
    // A browser leaves fractions away: it would call too early.
    timer = setTimeout(look, Math.ceil(left)) as unknown as number;
  };
  const look = () => {
    timer = 0;
    const left = due - performance.now();
    if (left > 0) wait(left);
    else callback();
  };
  return () => {
    due = performance.now() + ms;
    if (timer === 0) wait(ms);
  };
}

/** The shadow trees that `element` is in, from the inside out. */
function shadowRootsAround(element: Element): ShadowRoot[] {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? [root, ...shadowRootsAround(root.host)] : [];
}
