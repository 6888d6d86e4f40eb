import type { Keystroke } from "../ghost/index.ts";
import type { ToPage } from "../messages.ts";
import type { Preferences } from "../preferences.ts";
import { expand, matchAt, needsClipboard, type Snippet } from "../snippets.ts";

/**
 * Finds the snippet that fits a keystroke. It is here and not beside the page, so that a page's process gets no snippet but the one whose
 * abbreviation was typed. The server is not asked.
 */
export class SnippetDesk {
  readonly #read: () => Promise<Pick<Preferences, "snippets">>;
  readonly #mayReadClipboard: () => Promise<boolean>;
  /** Null until the first keystroke, and after a change. */
  #snippets: Promise<readonly Snippet[]> | null = null;

  constructor(read: () => Promise<Pick<Preferences, "snippets">>, mayReadClipboard: () => Promise<boolean>) {
    this.#read = read;
    this.#mayReadClipboard = mayReadClipboard;
  }

  /** The snippets have changed. */
  forget(): void {
    this.#snippets = null;
  }

  /** Posts an offer if a snippet fits. One with the clipboard is offered only if the clipboard may be read. */
  async offer({ field, seq, before }: Keystroke, post: (message: ToPage) => void): Promise<void> {
    this.#snippets ??= this.#read().then(({ snippets }) => snippets);
    const match = matchAt(await this.#snippets, before);
    if (!match || (needsClipboard(match.snippet) && !(await this.#mayReadClipboard()))) return;
    const { snippet, typed } = match;
    const offer = { seq, trigger: snippet.trigger, typed, text: expand(snippet, new Date()) };
    post({ type: "snippet", field, offer });
  }
}
