import { browser } from "wxt/browser";
import { message } from "../../i18n.ts";
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
  const inAll =
    savings.since === null ? message("savings_in_all") : message("savings_in_all_since", dayName(savings.since, true));
  rows.replaceChildren(
    rowOf(message("savings_today"), countOn(savings, today), wordsPerMinute),
    rowOf(message("savings_month"), countOfMonth(savings, today), wordsPerMinute),
    rowOf(inAll, countInAll(savings), wordsPerMinute),
  );
  const days = lastDays(new Date(), DAYS_SHOWN).map((day) => ({ day, ...countOn(savings, day) }));
  drawBars(findElement("#savings-picture", SVGSVGElement), days);
  findElement("#first-day", HTMLSpanElement).textContent = dayName(days[0]?.day ?? today, false);
  const most = Math.max(...days.map(({ keys }) => keys));
  findElement("#most-a-day", HTMLSpanElement).textContent = message("savings_most", amount(most));
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
    say(message("savings_speed_wrong", SLOWEST_TYPING, FASTEST_TYPING));
    return show();
  }
  await changePreferences((now) => ({ ...now, wordsPerMinute: speed.valueAsNumber }));
  say("");
});
countSites.addEventListener("change", async () => {
  await changePreferences((now) => ({ ...now, countSites: countSites.checked }));
  say(message(countSites.checked ? "savings_sites_counted" : "savings_sites_deleted"));
});
clear.addEventListener("click", async () => {
  await browser.runtime.sendMessage(CLEAR_SAVINGS);
  say(message("savings_cleared"));
  // A disabled button loses the focus.
  countSites.focus();
});
onStorageChange({ preferences: () => void show(), savings: () => void show() });
await show();
