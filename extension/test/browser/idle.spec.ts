import type { CDPSession } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { isOurs, trace } from "./main-thread.ts";
import { knows } from "./scripted-server.ts";

/** Fifty hours without typing, on a page whose clock is moved. A field has the focus, and ghost text is drawn. */
const FIFTY_HOURS_MS = 50 * 3_600_000;
const SENTENCE = "Thanks for the quick response";
/** What a garbage collection may leave in memory. */
const NOISE_BYTES = 400_000;
/** Longer than all work that a key starts. */
const QUIET_MS = 1000;

test("in fifty hours without use there is no timer and no growing memory, and the next key gets its suggestion", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="60"></textarea>', "Thanks f");
  await ghost.expectText(SENTENCE.slice(8));
  const session = await page.context().newCDPSession(page);
  const quiet = () => firedIn(session, () => page.waitForTimeout(QUIET_MS));
  await expect.poll(async () => (await quiet()).ofExtension, { timeout: 20_000 }).toBe(0);
  const received = server.received.length;
  const before = { bytes: await heapOf(session), time: await page.evaluate(() => Date.now()) };

  // The page's own timer shows that the trace records timers.
  await page.evaluate((ms) => setInterval(() => {}, ms), FIFTY_HOURS_MS / 50);

  const fired = await firedIn(session, () => pass(session, FIFTY_HOURS_MS));

  expect((await page.evaluate(() => Date.now())) - before.time).toBeGreaterThan(FIFTY_HOURS_MS * 0.99);
  expect(fired.ofExtension).toBe(0);
  expect(fired.timers).toBeGreaterThanOrEqual(49);
  expect(fired.timers).toBeLessThanOrEqual(51);
  expect(server.received.length).toBe(received);
  expect((await heapOf(session)) - before.bytes).toBeLessThan(NOISE_BYTES);
  await ghost.expectText(SENTENCE.slice(8));
  await page.keyboard.type("o");
  await ghost.expectText(SENTENCE.slice(9));
  await expect.poll(() => server.received.at(-1)).toMatchObject({ type: "keystroke", before: "Thanks fo" });
});

/** Moves the page's clock by `ms`, as fast as its timers allow. */
async function pass(session: CDPSession, ms: number): Promise<void> {
  const over = new Promise((resolve) => session.once("Emulation.virtualTimeBudgetExpired", resolve));
  await session.send("Emulation.setVirtualTimePolicy", { policy: "advance", budget: ms });
  await over;
  await session.send("Emulation.setVirtualTimePolicy", { policy: "advance", budget: 1_000_000 });
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

/** How many timers of any script fired on the page during `act`, and how often the extension's functions were called. */
async function firedIn(
  session: CDPSession,
  act: () => Promise<void>,
): Promise<{ timers: number; ofExtension: number }> {
  const events = await trace(session, act);
  return {
    timers: events.filter(({ name }) => name === "TimerFire").length,
    ofExtension: events.filter(isOurs).length,
  };
}
