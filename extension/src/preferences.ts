import type { FieldKind } from "./ghost/index.ts";
import { DEFAULT_KEYS, type Keys } from "./ghost/keys.ts";

/** How a person wants it, and what follows from that for one page. Pure: where it is kept is `settings.ts`. */

/** How sure the model must be for its words to be shown. */
export type Sureness = "calm" | "balanced" | "eager";

export interface Preferences {
  /** Whether code editors are completed in too. */
  readonly codeToo: boolean;
  /** Other kinds of field that are left alone. */
  readonly fieldsOff: readonly FieldKind[];
  /** Hosts that are left alone: each only as it is written here, no part of it and nothing under it. */
  readonly sitesOff: readonly string[];
  /** Everything is quiet until then, in milliseconds of the clock; 0 for not at all. */
  readonly pausedUntil: number;
  readonly sureness: Sureness;
  readonly keys: Keys;
  /** Whether screen readers are told what is shown. */
  readonly spoken: boolean;
}

/** What was never chosen. */
export const DEFAULTS: Preferences = {
  codeToo: false,
  fieldsOff: [],
  sitesOff: [],
  pausedUntil: 0,
  sureness: "eager",
  keys: DEFAULT_KEYS,
  spoken: false,
};

/** The least confidence that is shown; the server has a threshold of its own below it. */
export const LEAST: Readonly<Record<Sureness, number>> = { calm: 0.6, balanced: 0.4, eager: 0 };

export const HOUR_MS = 3_600_000;

/** Whether a page is completed in, but for a pause. `hosts`: its own, and those of the pages that it is framed by. */
export function isOnAt({ sitesOff }: Preferences, hosts: readonly string[]): boolean {
  return !hosts.some((host) => sitesOff.includes(host));
}

/** Whether everything is quiet now. The moment that a pause lasts until is not in it. */
export const isPaused = ({ pausedUntil }: Pick<Preferences, "pausedUntil">, now: number): boolean => now < pausedUntil;

export function withSite(preferences: Preferences, host: string, on: boolean): Preferences {
  const others = preferences.sitesOff.filter((one) => one !== host);
  return { ...preferences, sitesOff: on ? others : [...others, host].sort() };
}

export function withField(preferences: Preferences, kind: FieldKind, on: boolean): Preferences {
  if (kind === "code") return { ...preferences, codeToo: on };
  const others = preferences.fieldsOff.filter((one) => one !== kind);
  return { ...preferences, fieldsOff: on ? others : [...others, kind].sort() };
}

export const isFieldOn = ({ codeToo, fieldsOff }: Preferences, kind: FieldKind): boolean =>
  kind === "code" ? codeToo : !fieldsOff.includes(kind);
