const FIRST_MS = 400;
const LONGEST_MS = 10_000;

/**
 * How long to wait before try number `attempt` (0 is the first again). Half of it is chance, so that a server that comes back is not
 * met by everybody at once. `random` is in [0, 1).
 */
export function waitBefore(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return whole / 2 + (whole / 2) * random;
}
