import { browser } from "wxt/browser";
import type { Sign } from "../../background/toolbar.ts";
import { find } from "../../look/find.ts";
import { type PageState, STATUS, WHAT_IS_HERE } from "../../messages.ts";
import { HOUR_MS, type Preferences, withSite } from "../../preferences.ts";
import { readPreferences, readSavedToday, readSettings, writePreferences } from "../../settings.ts";
import { type Situation, sentenceOf } from "./sentence.ts";

const state = find("#state", HTMLParagraphElement);
const site = find("#site", HTMLDivElement);
const on = find("#on", HTMLInputElement);
const pause = find("#pause", HTMLButtonElement);

const page = await pageBehind();
let preferences = await readPreferences();

/** The page that the popup was opened over. A test opens it in a tab of its own, and says which page is meant. */
async function pageBehind(): Promise<PageState | null> {
  const named = Number(new URLSearchParams(location.search).get("tab"));
  const [tab] = named ? [{ id: named }] : await browser.tabs.query({ active: true, currentWindow: true });
  if (tab?.id === undefined) return null;
  // The browser's own pages, and the store's, have no script of the extension.
  return browser.tabs.sendMessage(tab.id, WHAT_IS_HERE).catch(() => null);
}

/** A server that is loading its model answers, but not yet to keystrokes. */
async function isLoading(): Promise<boolean> {
  const settings = await readSettings();
  if (!settings) return false;
  const answer = await fetch(`${settings.origin}/healthz`, { cache: "no-store" }).catch(() => null);
  const { status } = ((await answer?.json().catch(() => null)) ?? {}) as { status?: string };
  return status === "loading";
}

async function signNow(): Promise<Situation["sign"]> {
  const sign = ((await browser.runtime.sendMessage(STATUS)) ?? "closed") as Sign;
  return sign === "lost" && (await isLoading()) ? "loading" : sign;
}

async function show(): Promise<void> {
  const paused = preferences.pausedUntil > Date.now();
  const { tone, text } = sentenceOf({ sign: await signNow(), page, preferences, now: Date.now() });
  state.dataset.tone = tone;
  state.textContent = text;
  site.hidden = page === null || page.host === "";
  find("#host", HTMLElement).textContent = page?.host ?? "";
  on.checked = page !== null && !preferences.sitesOff.includes(page.host);
  pause.textContent = paused ? "Go on now" : "Pause for an hour";
  find("#paused", HTMLElement).textContent = paused
    ? `Paused until ${new Date(preferences.pausedUntil).toLocaleTimeString([], { timeStyle: "short" })}`
    : "Everywhere";
  const { taken, keys } = await readSavedToday();
  find("#saved", HTMLElement).textContent =
    taken === 0 ? "Nothing taken yet today." : `Today: ${keys} keys saved, ${taken} times taken.`;
}

async function prefer(changed: Preferences): Promise<void> {
  preferences = changed;
  await writePreferences(changed);
  await show();
}

on.addEventListener("change", () => page && prefer(withSite(preferences, page.host, on.checked)));
pause.addEventListener("click", () => {
  const paused = preferences.pausedUntil > Date.now();
  return prefer({ ...preferences, pausedUntil: paused ? 0 : Date.now() + HOUR_MS });
});

await show();
