/** Remembers which fields were ever a password field, also after a page shows the password by making it plain text. */
export class PasswordMemory {
  readonly #known = new WeakSet<Element>();
  readonly #observer: MutationObserver;

  constructor(document: Document, signal: AbortSignal) {
    this.#observer = new MutationObserver((changes) => {
      for (const { target, oldValue } of changes) {
        if (oldValue?.toLowerCase() === "password" && target instanceof Element) this.#known.add(target);
      }
    });
    this.watch(document);
    signal.addEventListener("abort", () => this.#observer.disconnect(), { once: true });
  }

  /** Watches a shadow tree too, from the first time that one of its fields gets the focus. */
  watch(root: Document | ShadowRoot): void {
    this.#observer.observe(root, { subtree: true, attributeFilter: ["type"], attributeOldValue: true });
  }

  has(element: Element): boolean {
    if (element.matches('input[type="password" i]')) this.#known.add(element);
    return this.#known.has(element);
  }
}
