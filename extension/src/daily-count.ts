/** The count of accepted suggestions on one day: only numbers, no text. */
export interface DailyCount {
  /** The day in the user's time zone, as in 2026-11-25. */
  readonly day: string;
  /** The number of accepted words and suggestions. */
  readonly taken: number;
  /** The number of keystrokes that this saved. */
  readonly keys: number;
}

export function dayOf(date: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** One key accepted `length` characters on `day`. A new day begins at zero. */
export function withAccepted(count: DailyCount, day: string, length: number): DailyCount {
  const today = countOn(count, day);
  return { day, taken: today.taken + 1, keys: today.keys + Math.max(0, length - 1) };
}

export function countOn(count: DailyCount | undefined, day: string): DailyCount {
  return count?.day === day ? count : { day, taken: 0, keys: 0 };
}
