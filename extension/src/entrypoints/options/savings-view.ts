import { browser } from "wxt/browser";
import { CLEAR_SAVINGS } from "../../messages.ts";
import { FASTEST_TYPING, SLOWEST_TYPING } from "../../preferences.ts";
import { bestSites, type Count, countInAll, countOfMonth, countOn, dayOf, lastDays, timeFor } from "../../savings.ts";
import { changePreferences, onStorageChange, readPreferences, readSavings } from "../../storage.ts";
import { findElement } from "../../ui/find-element.ts";
import { amount, dayName, duration } from "../../ui/format.ts";
import { drawBars } from "./savings-picture.ts";

/** The part of the options page that shows what accepted suggestions saved. The service worker counts; this page only shows and clears. */

const DAYS_SHOWN = 30;
const SITES_SHOWN = 10;

const rows = findElement("#savings-rows", HTMLTableSectionElement);
const siteRows = findElement("#savings-site-rows", HTMLTableSectionElement);
const speed = findElement("#typing-speed", HTMLInputElement);
const countSites = findElement("#count-sites", HTMLInputElement);
const clear = findElement("#clear-savings", HTMLButtonElement);
const outcome = findElement("#savings-outcome", HTMLParagraphElement);

function rowOf(name: string, { keys }: Count, wordsPerMinute: number): HTMLTableRowElement {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const cells = [amount(keys), duration(timeFor(keys, wordsPerMinute))].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  row.append(head, ...cells);
  return row;
}

async function show(): Promise<void> {
  const [savings, { wordsPerMinute, countSites: withSites }] = await Promise.all([readSavings(), readPreferences()]);
  const today = dayOf(new Date());
  const isEmpty = savings.since === null;
  findElement("#savings-empty", HTMLParagraphElement).hidden = !isEmpty;
  findElement("#savings-numbers", HTMLDivElement).hidden = isEmpty;
  clear.disabled = isEmpty;
  speed.value = String(wordsPerMinute);
  countSites.checked = withSites;
  const since = savings.since === null ? "" : ` since ${dayName(savings.since, true)}`;
  rows.replaceChildren(
    rowOf("Today", countOn(savings, today), wordsPerMinute),
    rowOf("This month", countOfMonth(savings, today), wordsPerMinute),
    rowOf(`In all${since}`, countInAll(savings), wordsPerMinute),
  );
  const days = lastDays(new Date(), DAYS_SHOWN).map((day) => ({ day, ...countOn(savings, day) }));
  drawBars(findElement("#savings-picture", SVGSVGElement), days);
  findElement("#first-day", HTMLSpanElement).textContent = dayName(days[0]?.day ?? today, false);
  const most = Math.max(...days.map(({ keys }) => keys));
  findElement("#most-a-day", HTMLSpanElement).textContent = `Keystrokes saved each day, at most ${amount(most)}`;
  const sites = bestSites(savings, SITES_SHOWN);
  findElement("#savings-sites", HTMLTableElement).hidden = sites.length === 0;
  siteRows.replaceChildren(...sites.map((site) => rowOf(site.host, site, wordsPerMinute)));
}

function say(text: string): void {
  outcome.textContent = text;
}

speed.min = String(SLOWEST_TYPING);
speed.max = String(FASTEST_TYPING);
speed.addEventListener("change", async () => {
  if (speed.value === "" || !speed.checkValidity()) {
    say(`The typing speed is a whole number from ${speed.min} to ${speed.max}. It has not changed.`);
    return show();
  }
  await changePreferences((now) => ({ ...now, wordsPerMinute: speed.valueAsNumber }));
  say("");
});
countSites.addEventListener("change", async () => {
  await changePreferences((now) => ({ ...now, countSites: countSites.checked }));
  say(
    countSites.checked ? "Sites are counted from now on." : "Sites are no longer counted. Their numbers were deleted.",
  );
});
clear.addEventListener("click", async () => {
  await browser.runtime.sendMessage(CLEAR_SAVINGS);
  say("All numbers were deleted.");
  // A disabled button loses the focus.
  countSites.focus();
});
onStorageChange({ preferences: () => void show(), savings: () => void show() });
await show();
