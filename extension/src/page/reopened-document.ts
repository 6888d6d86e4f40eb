/**
 * Calls `begin` now, and again whenever the page has reopened its document: `document.open()` removes all listeners from the document and
 * its window, also those of an extension. Older editors write their frames this way; TinyMCE does so in Firefox. The signal of the previous
 * call is aborted first.
 */
export function atEachOpening(document: Document, signal: AbortSignal, begin: (signal: AbortSignal) => void): void {
  let current = new AbortController();
  let root = document.documentElement as Element | null;
  const start = () => {
    current = new AbortController();
    begin(current.signal);
  };
  // A mutation observer survives the reopening.
  const openings = new MutationObserver(() => {
    const now = document.documentElement as Element | null;
    // A reopened document may be empty for a while.
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
