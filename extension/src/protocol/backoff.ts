const FIRST_MS = 400;
const LONGEST_MS = 10_000;

/**
 * The time to wait before the next attempt to connect, in milliseconds. `random` is in [0, 1): not all clients of a server return at once.
 *
 * `attempt` is 0 for the first retry. All of its time is random: behind the same address there may be other servers, which answer at once. Of
 * later times only half is random.
 */
export function waitBefore(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return attempt === 0 ? whole * random : whole / 2 + (whole / 2) * random;
}
