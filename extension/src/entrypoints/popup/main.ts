import { browser } from "wxt/browser";
import type { Sign } from "../../background/toolbar.ts";
import { find } from "../../look/find.ts";
import { ARRIVE, STATUS } from "../../messages.ts";
import { HOUR_MS, isPaused, type Preferences, withSite } from "../../preferences.ts";
import { changePreferences, readPreferences, readSavedToday, readSettings } from "../../settings.ts";
import { placeBehind } from "./place.ts";
import { type Situation, sentenceOf } from "./sentence.ts";

const state = find("#state", HTMLParagraphElement);
const site = find("#site", HTMLDivElement);
const help = find("#help", HTMLButtonElement);
const on = find("#on", HTMLInputElement);
const pause = find("#pause", HTMLButtonElement);

const place = await placeBehind();
/** The host of the site that the popup was opened over; empty where it is none. */
const host = "host" in place ? place.host : "";
let preferences = await readPreferences();

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
  const paused = isPaused(preferences, Date.now());
  const { tone, text } = sentenceOf({ sign: await signNow(), place, preferences, now: Date.now() });
  state.dataset.tone = tone;
  state.textContent = text;
  help.hidden = place.kind !== "unallowed";
  site.hidden = host === "" || place.kind === "unallowed";
  find("#host", HTMLElement).textContent = host;
  on.checked = host !== "" && !preferences.sitesOff.includes(host);
  pause.textContent = paused ? "Resume" : "Pause 1 hour";
  find("#paused", HTMLElement).textContent = paused
    ? `Paused until ${new Date(preferences.pausedUntil).toLocaleTimeString([], { timeStyle: "short" })}`
    : "All sites";
  const { taken, keys } = await readSavedToday();
  find("#saved", HTMLElement).textContent =
    taken === 0 ? "Accepted today: none yet." : `Accepted today: ${taken}. Keystrokes saved: ${keys}.`;
}

async function prefer(change: (now: Preferences) => Preferences): Promise<void> {
  preferences = await changePreferences(change);
  await show();
}

on.addEventListener("change", () => prefer((now) => withSite(now, host, on.checked)));
help.addEventListener("click", async () => {
  if (place.kind !== "unallowed") return;
  // The browser asks only in the click itself: nothing is waited for before. Some close the popup then; the service worker does the rest.
  if (!(await browser.permissions.request({ origins: [place.pattern] }))) return;
  await browser.runtime.sendMessage(ARRIVE);
  location.reload();
});
pause.addEventListener("click", () => {
  const paused = isPaused(preferences, Date.now());
  return prefer((now) => ({ ...now, pausedUntil: paused ? 0 : Date.now() + HOUR_MS }));
});

await show();
