/** What was saved on one day: numbers, and nothing of the text. */
export interface Saved {
  /** The day by the person's own clock, as in 2026-11-25. */
  readonly day: string;
  /** How many times something was taken. */
  readonly taken: number;
  /** How many keys that took the place of. */
  readonly keys: number;
}

export function dayOf(date: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** One key took `length` characters on `day`. Another day begins with nothing. */
export function withTaken(saved: Saved, day: string, length: number): Saved {
  const today = savedOn(saved, day);
  return { day, taken: today.taken + 1, keys: today.keys + Math.max(0, length - 1) };
}

export function savedOn(saved: Saved | undefined, day: string): Saved {
  return saved?.day === day ? saved : { day, taken: 0, keys: 0 };
}
