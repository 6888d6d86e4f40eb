/** Numbers, durations and days on the extension's pages. They have the form of the user's locale; the words are those of the pages. Pure. */

export type Locale = string | undefined;

export const amount = (count: number, locale?: Locale): string => new Intl.NumberFormat(locale).format(count);

export const keystrokes = (count: number, locale?: Locale): string =>
  `${amount(count, locale)} ${count === 1 ? "keystroke" : "keystrokes"}`;

/** A duration in its two largest units, rounded down to whole seconds, minutes or hours. */
export function duration(ms: number, locale?: Locale): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${amount(seconds, locale)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${amount(minutes, locale)} min`;
  const rest = minutes % 60;
  const hours = `${amount(Math.floor(minutes / 60), locale)} h`;
  return rest === 0 ? hours : `${hours} ${amount(rest, locale)} min`;
}

/** A day as in 2026-11-25, as the locale writes it. `withYear`: the year too. */
export function dayName(day: string, withYear: boolean, locale?: Locale): string {
  // A date without a time would be read in UTC.
  const date = new Date(`${day}T00:00`);
  const year = withYear ? ({ year: "numeric" } as const) : {};
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...year }).format(date);
}
