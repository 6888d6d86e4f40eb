/**
 * Calls `begin` now, and anew whenever the page has opened its document again: `document.open()` takes all listeners off the document
 * and its window, those of an extension, too. Editors of an older make write their frames that way, TinyMCE does it in Firefox.
 * What was begun before ends first, by the signal that it was given.
 */
export function atEachOpening(document: Document, signal: AbortSignal, begin: (signal: AbortSignal) => void): void {
  let current = new AbortController();
  let root = document.documentElement as Element | null;
  const start = () => {
    current = new AbortController();
    begin(current.signal);
  };
  // It is told of what comes and goes in the document also after that.
  const openings = new MutationObserver(() => {
    const now = document.documentElement as Element | null;
    // It may stand empty for a while before it is written.
    if (!now || now === root) return;
    const isFirst = root === null;
    root = now;
    if (isFirst) return;
    current.abort();
    start();
  });
  openings.observe(document, { childList: true });
  const end = () => {
    openings.disconnect();
    current.abort();
  };
  signal.addEventListener("abort", end, { once: true });
  start();
}
