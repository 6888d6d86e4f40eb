import { hostsOf } from "./sites.ts";

/** What accepted suggestions saved: only numbers and, if the user wants them, hosts. No text. Pure: `storage.ts` keeps them. */

export interface Count {
  /** The number of accepted words and suggestions. */
  readonly taken: number;
  /** The number of keystrokes that this saved. */
  readonly keys: number;
}

/** A day in the user's time zone, as in 2026-11-25. Days sort as text. */
export type Day = string;

export interface DayCount extends Count {
  readonly day: Day;
}

export interface SiteCount extends Count {
  readonly host: string;
}

export interface Savings {
  /** The newest days with an accepted suggestion, the oldest first. At most `DAYS_KEPT`. */
  readonly days: readonly DayCount[];
  /** The sum of all older days. */
  readonly earlier: Count;
  /** The day of the first accepted suggestion. Null if there is none. */
  readonly since: Day | null;
  /** The sites on which suggestions were accepted last, the newest first. At most `SITES_KEPT`. */
  readonly sites: readonly SiteCount[];
}

/** One accepted word or suggestion. */
export interface Acceptance {
  readonly day: Day;
  /** The number of characters that were inserted. */
  readonly length: number;
  /** The number of keys that the user pressed for it, with the one that accepted it. */
  readonly presses: number;
  /** The site to count it for. Null if sites are not counted. */
  readonly host: string | null;
}

/** Enough for the days of one month. */
export const DAYS_KEPT = 31;
export const SITES_KEPT = 100;

const NOTHING: Count = { taken: 0, keys: 0 };

export const NO_SAVINGS: Savings = { days: [], earlier: NOTHING, since: null, sites: [] };

export function dayOf(date: Date): Day {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last `count` days, the oldest first. Today is the last one. */
export function lastDays(today: Date, count: number): Day[] {
  const daysAgo = (days: number) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  return Array.from({ length: count }, (_, index) => dayOf(daysAgo(count - 1 - index)));
}

export function withAccepted(savings: Savings, { day, length, presses, host }: Acceptance): Savings {
  const add = (count: Count): Count => ({ taken: count.taken + 1, keys: atLeastZero(count.keys + length - presses) });
  const others = savings.days.filter((one) => one.day !== day);
  const days = [...others, { day, ...add(countOn(savings, day)) }].sort((one, other) => (one.day < other.day ? -1 : 1));
  const kept = days.slice(-DAYS_KEPT);
  return {
    days: kept,
    earlier: sum([savings.earlier, ...days.slice(0, days.length - kept.length)]),
    since: savings.since ?? day,
    sites: host === null ? savings.sites : withSite(savings.sites, host, add),
  };
}

/** The user has undone what was accepted. A day and a site whose number of accepted texts is zero change nothing. */
export function withTakenBack(savings: Savings, { day, length, presses, host }: Acceptance): Savings {
  // A text that took more keys than it has letters may not have been counted in full, so nothing is given back for it.
  const saved = atLeastZero(length - presses);
  const remove = <One extends Count>(one: One): One =>
    one.taken === 0 ? one : { ...one, taken: one.taken - 1, keys: atLeastZero(one.keys - saved) };
  return {
    ...savings,
    days: savings.days.map((one) => (one.day === day ? remove(one) : one)),
    sites: savings.sites.map((one) => (one.host === host ? remove(one) : one)),
  };
}

/** The user has redone it: counts what `withTakenBack` has removed. */
export const withTakenAgain = (savings: Savings, acceptance: Acceptance): Savings =>
  withAccepted(savings, { ...acceptance, presses: Math.min(acceptance.presses, acceptance.length) });

function withSite(sites: readonly SiteCount[], host: string, add: (count: Count) => Count): SiteCount[] {
  const known = sites.find((one) => one.host === host) ?? NOTHING;
  return [{ host, ...add(known) }, ...sites.filter((one) => one.host !== host)].slice(0, SITES_KEPT);
}

/** The site for which a suggestion in this tab is counted. Null in a private window, and if the browser does not tell the address. */
export function countedHost(
  tab: { readonly url?: string | undefined; readonly incognito: boolean } | undefined,
): string | null {
  if (tab?.url === undefined || tab.incognito) return null;
  return hostsOf([tab.url])[0] ?? null;
}

export const withoutSites = (savings: Savings): Savings => ({ ...savings, sites: [] });

export function countOn({ days }: Savings, day: Day): Count {
  const { taken, keys } = days.find((one) => one.day === day) ?? NOTHING;
  return { taken, keys };
}

/** The month of `today`, up to and including today. */
export function countOfMonth({ days }: Savings, today: Day): Count {
  return sum(days.filter(({ day }) => day.slice(0, 7) === today.slice(0, 7) && day <= today));
}

export const countInAll = ({ days, earlier }: Savings): Count => sum([earlier, ...days]);

/** The sites on which the most keystrokes were saved, the best first. */
export function bestSites({ sites }: Savings, count: number): SiteCount[] {
  return [...sites].sort((one, other) => other.keys - one.keys || (one.host < other.host ? -1 : 1)).slice(0, count);
}

/** Typists' speeds count five characters as a word. */
const CHARACTERS_PER_WORD = 5;

/** The time in milliseconds that a user of this typing speed needs for so many keystrokes. */
export const timeFor = (keys: number, wordsPerMinute: number): number =>
  (keys * 60_000) / (wordsPerMinute * CHARACTERS_PER_WORD);

const sum = (counts: readonly Count[]): Count => ({
  taken: counts.reduce((all, { taken }) => all + taken, 0),
  keys: counts.reduce((all, { keys }) => all + keys, 0),
});

/** A short word that took several keys may cost more keystrokes than it saves. A sum below zero would not be understood. */
const atLeastZero = (keys: number): number => Math.max(0, keys);
