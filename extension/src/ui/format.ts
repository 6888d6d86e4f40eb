import { uiLocale } from "../i18n.ts";

/** Numbers, durations, times and days on the extension's pages, as the language of the pages writes them. */

export const amount = (count: number, locale = uiLocale()): string => new Intl.NumberFormat(locale).format(count);

/** A duration in its two largest units, rounded down to whole seconds, minutes or hours. */
export function duration(ms: number, locale = uiLocale()): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return inUnit(seconds, "second", locale);
  if (hours === 0) return inUnit(minutes, "minute", locale);
  const rest = minutes % 60;
  const parts = [inUnit(hours, "hour", locale), ...(rest === 0 ? [] : [inUnit(rest, "minute", locale)])];
  return new Intl.ListFormat(locale, { type: "unit", style: "narrow" }).format(parts);
}

const inUnit = (count: number, unit: string, locale: string): string =>
  new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(count);

export const timeOfDay = (date: Date, locale = uiLocale()): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(date);

/** A day as in 2026-11-25, as the locale writes it. `withYear`: the year too. */
export function dayName(day: string, withYear: boolean, locale = uiLocale()): string {
  // A date without a time would be read in UTC.
  const date = new Date(`${day}T00:00`);
  const year = withYear ? ({ year: "numeric" } as const) : {};
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...year }).format(date);
}
