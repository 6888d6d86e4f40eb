import type { FieldKind } from "./ghost/index.ts";
import { completeKeys, DEFAULT_KEYS, type Keys } from "./ghost/keys.ts";
import type { Snippet } from "./snippets.ts";

/** The user's preferences, and what follows from them for one page. Pure: `storage.ts` keeps them. */

/** How sure the server must be of a suggestion. The protocol has the same values. */
export const SURENESSES = ["eager", "balanced", "calm"] as const;
export type Sureness = (typeof SURENESSES)[number];

/** How long a suggestion may be: at most this many words, or up to the end of the phrase. */
export const LENGTHS = [1, 2, 3, 5, "phrase"] as const;
export type Length = (typeof LENGTHS)[number];

/** Whether suggestions appear while the user types, or only when the user presses a key. */
export const MOMENTS = ["typing", "key"] as const;
export type Moment = (typeof MOMENTS)[number];

/** How much is suggested. A site may differ from the other sites in each of these. */
export interface Amount {
  readonly moment: Moment;
  readonly length: Length;
  readonly sureness: Sureness;
}

export interface Preferences extends Amount {
  /** Whether suggestions are on in code editors. */
  readonly codeToo: boolean;
  /** Whether the subject of a mail is sent to the server with its text. */
  readonly subjectToo: boolean;
  /** Whether the server may learn the words that the user types. */
  readonly learnWords: boolean;
  /** Other kinds of field that are off. */
  readonly fieldsOff: readonly FieldKind[];
  /** Hosts that are off. Only the exact host is meant, not its subdomains. */
  readonly sitesOff: readonly string[];
  /** Hosts whose pages suggest text themselves, and on which the user wants both. */
  readonly besidePage: readonly string[];
  /** The end of a pause, in milliseconds since 1970; 0 for no pause. */
  readonly pausedUntil: number;
  /** The hosts on which less or more is suggested than elsewhere, and in what they differ. */
  readonly amounts: Readonly<Record<string, Partial<Amount>>>;
  readonly keys: Keys;
  /** Whether suggestions are announced to screen readers. */
  readonly spoken: boolean;
  /** Whether saved keystrokes are also counted for each site. */
  readonly countSites: boolean;
  /** The user's typing speed, from which the saved time is computed. */
  readonly wordsPerMinute: number;
  /** The user's abbreviations and phrases, sorted by abbreviation. */
  readonly snippets: readonly Snippet[];
}

export const SLOWEST_TYPING = 5;
export const FASTEST_TYPING = 200;

export const DEFAULTS: Preferences = {
  codeToo: false,
  subjectToo: true,
  learnWords: false,
  fieldsOff: [],
  sitesOff: [],
  besidePage: [],
  pausedUntil: 0,
  moment: "typing",
  length: "phrase",
  sureness: "balanced",
  amounts: {},
  keys: DEFAULT_KEYS,
  spoken: false,
  countSites: false,
  wordsPerMinute: 40,
  snippets: [],
};

/** Stored preferences, completed by the defaults: an older version may not have stored all of them, or not all of the keys. */
export function withDefaults(stored: Partial<Preferences> | undefined): Preferences {
  return { ...DEFAULTS, ...stored, keys: completeKeys(stored?.keys ?? {}) };
}

export const HOUR_MS = 3_600_000;

/** Whether suggestions are on for a page, apart from a pause. `hosts`: its own host, and those of the pages around its frame. */
export function isOnAt({ sitesOff }: Preferences, hosts: readonly string[]): boolean {
  return !hosts.some((host) => sitesOff.includes(host));
}

/** Whether all suggestions are paused now. The pause ends exactly at `pausedUntil`. */
export const isPaused = ({ pausedUntil }: Pick<Preferences, "pausedUntil">, now: number): boolean => now < pausedUntil;

export function withSite(preferences: Preferences, host: string, on: boolean): Preferences {
  return { ...preferences, sitesOff: withItem(preferences.sitesOff, host, !on) };
}

/** Whether suggestions also appear where the page suggests text itself. */
export const isBesidePageAt = ({ besidePage }: Preferences, hosts: readonly string[]): boolean =>
  hosts.some((host) => besidePage.includes(host));

export function withBesidePage(preferences: Preferences, host: string, on: boolean): Preferences {
  return { ...preferences, besidePage: withItem(preferences.besidePage, host, on) };
}

/** In what a host differs from the other sites. */
export const differenceAt = ({ amounts }: Preferences, host: string): Partial<Amount> =>
  Object.hasOwn(amounts, host) ? (amounts[host] ?? {}) : {};

/** How much is suggested on a page. If several of its hosts differ from other sites, the first one counts. */
export function amountAt(preferences: Preferences, hosts: readonly string[]): Amount {
  const { moment, length, sureness } = preferences;
  const host = hosts.find((one) => Object.hasOwn(preferences.amounts, one));
  return { moment, length, sureness, ...(host === undefined ? {} : differenceAt(preferences, host)) };
}

/** The host differs from other sites in exactly this. */
export function withDifference(preferences: Preferences, host: string, difference: Partial<Amount>): Preferences {
  const others = Object.entries(preferences.amounts).filter(([one]) => one !== host);
  const entries = Object.keys(difference).length === 0 ? others : [...others, [host, difference] as const];
  return { ...preferences, amounts: Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1))) };
}

export function withField(preferences: Preferences, kind: FieldKind, on: boolean): Preferences {
  if (kind === "code") return { ...preferences, codeToo: on };
  return { ...preferences, fieldsOff: withItem(preferences.fieldsOff, kind, !on) };
}

/** The sorted list with the item in it, or without it. */
function withItem<Item>(items: readonly Item[], item: Item, isIn: boolean): Item[] {
  const others = items.filter((one) => one !== item);
  return isIn ? [...others, item].sort() : others;
}

export const isFieldOn = ({ codeToo, fieldsOff }: Preferences, kind: FieldKind): boolean =>
  kind === "code" ? codeToo : !fieldsOff.includes(kind);
