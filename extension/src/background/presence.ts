import { type Browser, browser } from "wxt/browser";

/** Puts the content scripts where the extension is allowed: on the pages to come, and on those that are open. */

const CONTENT = "/content-scripts/content.js";

const COMMON = { allFrames: true, matchOriginAsFallback: true, runAt: "document_start" } as const;

const scriptsFor = (matches: string[]): Browser.scripting.RegisteredContentScript[] => [
  { ...COMMON, id: "content", js: [CONTENT], matches },
  { ...COMMON, id: "page", js: ["/content-scripts/page.js"], matches, world: "MAIN" },
];

/** What the browser lets the extension into now. */
export async function grantedOrigins(): Promise<string[]> {
  return (await browser.permissions.getAll()).origins ?? [];
}

/** One after the other: the browser refuses a script that another registration under way has named, and no page needs two. */
let working: Promise<void> = Promise.resolve();

function next(work: () => Promise<void>): Promise<void> {
  working = working.then(work, work);
  return working;
}

/** Pages that are loaded from now on have the scripts exactly where the extension is allowed. The browser remembers it. */
export const settle = (): Promise<void> => next(register);

/** The same, and pages that are open have the content script, so that nobody has to load them again. */
export const arrive = (): Promise<void> => next(register).then(() => next(comeToOpenTabs));

async function register(): Promise<void> {
  const matches = (await grantedOrigins()).sort();
  const known = await browser.scripting.getRegisteredContentScripts();
  if (matches.length === 0) return browser.scripting.unregisterContentScripts();
  if (known.length === 0) return browser.scripting.registerContentScripts(scriptsFor(matches));
  const isSettled = known.every((one) => [...(one.matches ?? [])].sort().join() === matches.join());
  if (!isSettled) await browser.scripting.updateContentScripts(scriptsFor(matches));
}

/**
 * A frame that has a living content script keeps it. The script in the page's own world stays away: what it is told would be heard by
 * scripts that the page has run before it.
 */
async function comeToOpenTabs(): Promise<void> {
  const tabs = await browser.tabs.query({ discarded: false });
  await Promise.all(tabs.map(({ id }) => id !== undefined && comeTo(id)));
}

async function comeTo(tabId: number): Promise<void> {
  // The browser's own pages, and sites that are not allowed, refuse it.
  const frames = await browser.scripting
    .executeScript({ target: { tabId, allFrames: true }, func: isHere, injectImmediately: true })
    .catch(() => []);
  const without = frames.filter(({ result }) => result !== true).map(({ frameId }) => frameId);
  // Each by itself: a frame may have gone meanwhile, and where one is not there the browser gives the script to none.
  const bring = (frameId: number) =>
    browser.scripting
      .executeScript({ target: { tabId, frameIds: [frameId] }, files: [CONTENT], injectImmediately: true })
      .catch(() => {});
  await Promise.all(without.map(bring));
}

/** Runs in a page, in the extension's own world: it sees nothing of this file. */
function isHere(): boolean {
  return (globalThis as { foretypeIsHere?: () => boolean }).foretypeIsHere?.() ?? false;
}
