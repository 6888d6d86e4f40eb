import { type Browser, browser } from "wxt/browser";
import { IS_ANYBODY_HERE, type PageState, WHAT_IS_HERE } from "../../messages.ts";
import { patternOf } from "../../sites.ts";
import type { Place } from "./sentence.ts";

/** What the popup was opened over. A test opens it in a tab of its own, and says which tab is meant. */
export async function placeBehind(): Promise<Place> {
  const named = Number(new URLSearchParams(location.search).get("tab"));
  const tab = named
    ? await browser.tabs.get(named)
    : (await browser.tabs.query({ active: true, currentWindow: true }))[0];
  return tab?.id === undefined ? { kind: "closed" } : placeIn(tab, tab.id);
}

async function placeIn({ url }: Browser.tabs.Tab, id: number): Promise<Place> {
  if (url?.startsWith(browser.runtime.getURL("/")))
    return { kind: "own", here: (await ask(id, WHAT_IS_HERE))?.here ?? null };
  const pattern = patternOf(url);
  if (url === undefined || pattern === null) return { kind: "closed" };
  const { hostname } = new URL(url);
  if (!(await browser.permissions.contains({ origins: [pattern] })))
    return { kind: "unallowed", host: hostname, pattern };
  const state = await ask(id, WHAT_IS_HERE);
  // The site that is switched is the one that the tab shows, also where a frame of another has the focus.
  if (state) return { kind: "site", ...state, host: hostname };
  return (await ask(id, IS_ANYBODY_HERE)) ? { kind: "frame", host: hostname } : { kind: "closed" };
}

/** What the content scripts of a tab answer; null where there is none, as on the store's pages, or where none has the focus. */
async function ask(tab: number, question: string): Promise<PageState | null> {
  return (await browser.tabs.sendMessage(tab, question).catch(() => null)) ?? null;
}
