const FIRST_MS = 400;
const LONGEST_MS = 10_000;

/**
 * The time to wait before the next attempt to connect, in milliseconds. `attempt` is 0 for the first retry. Half of the time is random, so
 * that not all clients return at once when a server is reachable again. `random` is in [0, 1).
 */
export function waitBefore(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return whole / 2 + (whole / 2) * random;
}
