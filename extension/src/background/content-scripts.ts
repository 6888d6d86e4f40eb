import { type Browser, browser } from "wxt/browser";
import { grantedOrigins } from "../granted-origins.ts";
import { InTurn } from "../in-turn.ts";

/** Adds the content scripts to the pages of the allowed sites: pages that are loaded later, and pages that are open. */

const CONTENT = "/content-scripts/content.js";

const COMMON = { allFrames: true, matchOriginAsFallback: true, runAt: "document_start" } as const;

const scriptsFor = (matches: string[]): Browser.scripting.RegisteredContentScript[] => [
  { ...COMMON, id: "content", js: [CONTENT], matches },
  { ...COMMON, id: "page", js: ["/content-scripts/page.js"], matches, world: "MAIN" },
];

/** Registrations run one after the other: the browser refuses a script whose name is in a registration that still runs. */
const working = new InTurn();

/** Pages that are loaded from now on get the scripts, exactly on the allowed sites. The browser remembers it. */
export const registerScripts = (): Promise<void> => working.run(register);

/** The same, and open pages get the content script too, so that the user need not reload them. */
export const addScripts = (): Promise<void> => working.run(register).then(() => working.run(addToOpenTabs));

async function register(): Promise<void> {
  const matches = (await grantedOrigins()).sort();
  const known = await browser.scripting.getRegisteredContentScripts();
  if (matches.length === 0) return browser.scripting.unregisterContentScripts();
  if (known.length === 0) return browser.scripting.registerContentScripts(scriptsFor(matches));
  const isUnchanged = known.every((one) => [...(one.matches ?? [])].sort().join() === matches.join());
  if (!isUnchanged) await browser.scripting.updateContentScripts(scriptsFor(matches));
}

/**
 * A frame with a running content script keeps it. The script for the page's own world is not added to open pages: scripts that the page ran
 * earlier could receive its messages.
 */
async function addToOpenTabs(): Promise<void> {
  const tabs = await browser.tabs.query({ discarded: false });
  await Promise.all(tabs.map(({ id }) => id !== undefined && addToTab(id)));
}

async function addToTab(tabId: number): Promise<void> {
  // On the browser's own pages and on sites that are not allowed, the call fails.
  const frames = await browser.scripting
    .executeScript({ target: { tabId, allFrames: true }, func: isScriptRunning, injectImmediately: true })
    .catch(() => []);
  const without = frames.filter(({ result }) => result !== true).map(({ frameId }) => frameId);
  // One call for each frame: if a call names several frames and one of them no longer exists, the browser adds the script to none of them.
  const add = (frameId: number) =>
    browser.scripting
      .executeScript({ target: { tabId, frameIds: [frameId] }, files: [CONTENT], injectImmediately: true })
      .catch(() => {});
  await Promise.all(without.map(add));
}

/** Runs in a page, in the extension's isolated world. It can use nothing else of this file. */
function isScriptRunning(): boolean {
  return (globalThis as { foretypeIsHere?: () => boolean }).foretypeIsHere?.() ?? false;
}
