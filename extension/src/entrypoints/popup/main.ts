import { browser } from "wxt/browser";
import { counted, message } from "../../i18n.ts";
import { ASK_STATUS, type ServerStatus, SITE_ALLOWED } from "../../messages.ts";
import {
  differenceAt,
  HOUR_MS,
  isBesidePageAt,
  isPaused,
  type Preferences,
  withBesidePage,
  withDifference,
  withSite,
} from "../../preferences.ts";
import { DEFAULT_ADDRESS, isEarlierDefault, isLoopback } from "../../protocol/address.ts";
import { countOn, dayOf } from "../../savings.ts";
import { changePreferences, readPreferences, readSavings, readServer } from "../../storage.ts";
import { textWithCommands } from "../../text-with-commands.ts";
import { valueNames } from "../../ui/amount-names.ts";
import { AmountRows } from "../../ui/amount-rows.ts";
import { findElement } from "../../ui/find-element.ts";
import { amount, timeOfDay } from "../../ui/format.ts";
import { findActivePage } from "./active-page.ts";
import { type Situation, statusSentence } from "./status-sentence.ts";

const state = findElement("#state", HTMLParagraphElement);
const site = findElement("#site", HTMLDivElement);
const allow = findElement("#allow", HTMLButtonElement);
const on = findElement("#on", HTMLInputElement);
const beside = findElement("#beside", HTMLInputElement);
const pause = findElement("#pause", HTMLButtonElement);

const page = await findActivePage();
/** The host of the page's site. Empty if the page belongs to no site. */
const host = "host" in page ? page.host : "";
let preferences = await readPreferences();
const ofSite = findElement("#of-site", HTMLDetailsElement);
const rows = new AmountRows(findElement("#amount", HTMLDivElement), true, (chosen) =>
  prefer((now) => withDifference(now, host, chosen)),
);

/** What a server at this address says about itself. It also answers while it loads its model and accepts no connection yet. */
async function statusAt(origin: string): Promise<string | undefined> {
  const answer = await fetch(`${origin}/healthz`, { cache: "no-store" }).catch(() => null);
  const { status } = ((await answer?.json().catch(() => null)) ?? {}) as { status?: string };
  return status;
}

async function serverStatus(): Promise<Situation["server"]> {
  const status = ((await browser.runtime.sendMessage(ASK_STATUS)) ?? "closed") as ServerStatus;
  if (status !== "lost" && status !== "unproven") return status;
  const { origin } = (await readServer()) ?? { origin: "" };
  if (isEarlierDefault(origin) && (await statusAt(DEFAULT_ADDRESS)) !== undefined) return "moved";
  if (status === "unproven") return status;
  if ((await statusAt(origin)) === "loading") return "loading";
  return isLoopback(origin) ? "lost" : "lost_elsewhere";
}

async function show(): Promise<void> {
  const paused = isPaused(preferences, Date.now());
  const {
    tone,
    text,
    more = "",
  } = statusSentence({
    server: await serverStatus(),
    page,
    preferences,
    now: Date.now(),
  });
  state.dataset.tone = tone;
  state.replaceChildren(...textWithCommands(text));
  const advice = findElement("#more", HTMLParagraphElement);
  advice.replaceChildren(...textWithCommands(more));
  advice.hidden = more === "";
  allow.hidden = page.kind !== "unallowed";
  site.hidden = host === "" || page.kind === "unallowed";
  findElement("#host", HTMLElement).textContent = host;
  on.checked = host !== "" && !preferences.sitesOff.includes(host);
  ofSite.hidden = site.hidden || !on.checked;
  rows.show(differenceAt(preferences, host));
  findElement("#difference", HTMLElement).textContent = valueNames(differenceAt(preferences, host));
  beside.checked = isBesidePageAt(preferences, [host]);
  const isByPage = page.kind === "site" && page.focus === "by_page";
  findElement("#by-page", HTMLDivElement).hidden = !on.checked || !(isByPage || beside.checked);
  pause.textContent = message(paused ? "resume" : "pause");
  findElement("#paused", HTMLElement).textContent = paused
    ? message("paused_until", timeOfDay(new Date(preferences.pausedUntil)))
    : message("all_sites");
  const { taken, keys } = countOn(await readSavings(), dayOf(new Date()));
  findElement("#saved", HTMLElement).textContent =
    taken === 0 ? message("nothing_today") : counted("saved_today", keys, amount(taken));
}

async function prefer(change: (now: Preferences) => Preferences): Promise<void> {
  preferences = await changePreferences(change);
  await show();
}

on.addEventListener("change", () => prefer((now) => withSite(now, host, on.checked)));
beside.addEventListener("change", () => prefer((now) => withBesidePage(now, host, beside.checked)));
allow.addEventListener("click", async () => {
  if (page.kind !== "unallowed") return;
  // The browser shows its question only while it handles the click, so nothing may be awaited before. Some browsers close the popup then;
  // the service worker does the rest.
  if (!(await browser.permissions.request({ origins: [page.pattern] }))) return;
  await browser.runtime.sendMessage(SITE_ALLOWED);
  location.reload();
});
pause.addEventListener("click", () => {
  const paused = isPaused(preferences, Date.now());
  return prefer((now) => ({ ...now, pausedUntil: paused ? 0 : Date.now() + HOUR_MS }));
});

await show();
