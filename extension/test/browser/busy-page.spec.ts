import { BUSY_BODY, countDuring, keepBusy, NODES } from "./busy-page.ts";
import { expect, test } from "./fixtures.ts";
import { reportFigures, timesOfCalls } from "./main-thread.ts";
import { knows } from "./scripted-server.ts";

/** A large page that never rests, around a field with ghost text. The figure is a report: the test fails only if it is far too high. */
const SECONDS = 4;
const TOO_LONG_MS = 5;
const SENTENCE = "Thanks for the quick response";

test("the cost of a frame on a page of 50,000 nodes that changes 100 times a second, while ghost text is drawn", async ({
  page,
  ghost,
  server,
  show,
}) => {
  test.setTimeout(60_000);
  server.script = knows(SENTENCE);
  await show(BUSY_BODY, "");
  const count = await keepBusy(page);
  await page.locator("#field").focus();
  await page.keyboard.type(SENTENCE.slice(0, 8), { delay: 60 });
  await ghost.expectText(SENTENCE.slice(8));

  let times: number[] = [];
  const { changes, frames } = await countDuring(count, async () => {
    times = await timesOfCalls(page, () => page.waitForTimeout(SECONDS * 1000));
  });

  await ghost.expectText(SENTENCE.slice(8));
  const mean = times.reduce((sum, ms) => sum + ms, 0) / frames;
  reportFigures(
    `${NODES} nodes, ${changes} changes and ${frames} frames in ${SECONDS} s: ${mean.toFixed(2)} ms of a frame on average, ${Math.max(0, ...times).toFixed(2)} in the longest call`,
  );
  expect(times.length).toBeGreaterThan(0);
  expect(changes).toBeGreaterThan(frames);
  expect(mean).toBeLessThan(TOO_LONG_MS);
});
