import type { FieldKind } from "./ghost/index.ts";
import { ACTS, type Act, completeKeys, isFree, type Keys } from "./ghost/keys.ts";
import {
  type Amount,
  FASTEST_TYPING,
  LENGTHS,
  type Length,
  MOMENTS,
  type Moment,
  type Preferences,
  SLOWEST_TYPING,
  SURENESSES,
  type Sureness,
} from "./preferences.ts";
import { isSnippets, mergeSnippets } from "./snippets.ts";

/** The preferences that can be copied to another browser, by a file or by the browser's sync, and the checks of those that come back. Pure. */

/** A pause is left out: it belongs to the browser in which the user pressed the button. */
export type Settings = Omit<Preferences, "pausedUntil">;
export type SettingName = keyof Settings;

/** The form of exported and synced settings. A version that reads older forms must convert them. */
export const SETTINGS_VERSION = 1;

const LONGEST_CHORD = 40;
const LONGEST_HOST = 253;
const KINDS: readonly FieldKind[] = ["text", "email", "line", "search"];

type Check<Value> = (value: unknown) => value is Value;

const isBoolean: Check<boolean> = (value): value is boolean => typeof value === "boolean";

/** A list in which nothing occurs twice. */
const listOf =
  <Item>(isItem: Check<Item>): Check<readonly Item[]> =>
  (value): value is readonly Item[] =>
    Array.isArray(value) && value.every(isItem) && new Set(value).size === value.length;

const isHost: Check<string> = (value): value is string =>
  typeof value === "string" && value.length <= LONGEST_HOST && /^[^\s/*]+$/.test(value);

const isKind: Check<FieldKind> = (value): value is FieldKind => KINDS.includes(value as FieldKind);

const isChord = (value: unknown): value is string =>
  typeof value === "string" && value.length <= LONGEST_CHORD && (value === "" || isFree(value));

/** No two actions have the same key. An older version may have written fewer actions: `checkSettings` adds those. */
function isKeys(value: unknown): value is Keys {
  if (!isRecord(value)) return false;
  const used = Object.values(value).filter((chord) => chord !== "");
  const areKnown = Object.entries(value).every(([act, chord]) => ACTS.includes(act as Act) && isChord(chord));
  return areKnown && new Set(used).size === used.length;
}

const oneOf =
  <Value>(values: readonly Value[]): Check<Value> =>
  (value): value is Value =>
    values.includes(value as Value);

const AMOUNT_CHECKS: { readonly [Name in keyof Amount]: Check<Amount[Name]> } = {
  moment: oneOf<Moment>(MOMENTS),
  length: oneOf<Length>(LENGTHS),
  sureness: oneOf<Sureness>(SURENESSES),
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** In at least one thing, or the host would not be listed. */
const isDifference: Check<Partial<Amount>> = (value): value is Partial<Amount> =>
  isRecord(value) &&
  Object.keys(value).length > 0 &&
  Object.entries(value).every(
    ([name, part]) => Object.hasOwn(AMOUNT_CHECKS, name) && AMOUNT_CHECKS[name as keyof Amount](part),
  );

const isAmounts: Check<Preferences["amounts"]> = (value): value is Preferences["amounts"] =>
  isRecord(value) && Object.entries(value).every(([host, difference]) => isHost(host) && isDifference(difference));

const CHECKS: { readonly [Name in SettingName]: Check<Settings[Name]> } = {
  codeToo: isBoolean,
  subjectToo: isBoolean,
  learnWords: isBoolean,
  fieldsOff: listOf(isKind),
  sitesOff: listOf(isHost),
  besidePage: listOf(isHost),
  ...AMOUNT_CHECKS,
  amounts: isAmounts,
  keys: isKeys,
  spoken: isBoolean,
  countSites: isBoolean,
  wordsPerMinute: (value): value is number =>
    Number.isInteger(value) && (value as number) >= SLOWEST_TYPING && (value as number) <= FASTEST_TYPING,
  snippets: isSnippets,
};

export const SETTING_NAMES = Object.keys(CHECKS) as SettingName[];

const pick = (values: Settings, names: readonly SettingName[]): Partial<Settings> =>
  Object.fromEntries(names.map((name) => [name, values[name]]));

export const settingsOf = (preferences: Preferences): Settings => pick(preferences, SETTING_NAMES) as Settings;

export type Checked =
  | { readonly kind: "settings"; readonly settings: Partial<Settings> }
  /** This version does not know the setting, or cannot use its value. */
  | { readonly kind: "unknown" | "unusable"; readonly name: string };

/** Checks values from elsewhere. Settings may be missing. */
export function checkSettings(values: Readonly<Record<string, unknown>>): Checked {
  for (const [name, value] of Object.entries(values)) {
    if (!SETTING_NAMES.includes(name as SettingName)) return { kind: "unknown", name };
    if (!CHECKS[name as SettingName](value)) return { kind: "unusable", name };
  }
  const settings = values as Partial<Settings>;
  return { kind: "settings", settings: settings.keys ? { ...settings, keys: completeKeys(settings.keys) } : settings };
}

/** JSON in which the members of an object are sorted: the browser's storage does not keep their order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );

export const isSame = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);

/** The settings in `after` that `before` lacks or has with another value. */
export function differing(before: Partial<Settings>, after: Settings): Partial<Settings> {
  return pick(
    after,
    SETTING_NAMES.filter((name) => !isSame(before[name], after[name])),
  );
}

/**
 * What two browsers agree on. `base` is what they agreed on last, null if never. A setting that was changed only here keeps its value here,
 * every other setting gets the remote value. Of the snippets, each one is treated like a setting of its own.
 */
export function merge(base: Settings | null, local: Settings, remote: Partial<Settings>): Settings {
  const changedHere = base === null ? {} : differing(base, local);
  const taken = Object.entries(remote).filter(([name]) => !(name in changedHere));
  const snippets = remote.snippets && mergeSnippets(base?.snippets ?? null, local.snippets, remote.snippets);
  return { ...local, ...Object.fromEntries(taken), snippets: snippets ?? local.snippets };
}
