import { type Browser, browser } from "wxt/browser";
import type { FocusState } from "../../ghost/index.ts";
import { ASK_FOCUS, ASK_TOP_FRAME, type PageState } from "../../messages.ts";
import { type PaintedEditor, paintedEditorAt } from "../../painted-editors.ts";
import { patternOf } from "../../sites.ts";

/** The page that the popup was opened over. The set is closed. */
export type ActivePage =
  | { readonly kind: "site"; readonly host: string; readonly focus: FocusState }
  | { readonly kind: "frame"; readonly host: string } // a frame of a site that is not allowed has the focus
  | { readonly kind: "unallowed"; readonly host: string; readonly pattern: string }
  | { readonly kind: "painted"; readonly editor: PaintedEditor } // an editor that draws its text itself
  | { readonly kind: "own"; readonly focus: FocusState | null } // a page of the extension; null if it has no fields with suggestions
  | { readonly kind: "closed" }; // a page of the browser or of its extension store

/** A test opens the popup in a tab of its own, and names the tab that it is about. */
export async function findActivePage(): Promise<ActivePage> {
  const named = Number(new URLSearchParams(location.search).get("tab"));
  const tab = named
    ? await browser.tabs.get(named)
    : (await browser.tabs.query({ active: true, currentWindow: true }))[0];
  return tab?.id === undefined ? { kind: "closed" } : pageIn(tab, tab.id);
}

async function pageIn({ url }: Browser.tabs.Tab, id: number): Promise<ActivePage> {
  if (url?.startsWith(browser.runtime.getURL("/")))
    return { kind: "own", focus: (await ask(id, ASK_FOCUS))?.focus ?? null };
  const pattern = patternOf(url);
  if (url === undefined || pattern === null) return { kind: "closed" };
  const editor = paintedEditorAt(url);
  if (editor) return { kind: "painted", editor };
  const { hostname } = new URL(url);
  if (!(await browser.permissions.contains({ origins: [pattern] })))
    return { kind: "unallowed", host: hostname, pattern };
  const state = await ask(id, ASK_FOCUS);
  // The popup turns off the site of the tab, even if a frame of another site has the focus.
  if (state) return { kind: "site", ...state, host: hostname };
  return (await ask(id, ASK_TOP_FRAME)) ? { kind: "frame", host: hostname } : { kind: "closed" };
}

/** The answer of a tab's content scripts. Null if the tab has none, as on the store's pages, or no frame of them has the focus. */
async function ask(tab: number, question: string): Promise<PageState | null> {
  return (await browser.tabs.sendMessage(tab, question).catch(() => null)) ?? null;
}
