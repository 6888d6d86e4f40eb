import { expect, test } from "./fixtures.ts";
import { reportFigures, timesOfCalls } from "./main-thread.ts";
import { knows } from "./scripted-server.ts";

/** A large page that never rests, around a field with ghost text. The figure is a report: the test fails only if it is far too high. */
const NODES = 50_000;
const SECTIONS = 100;
const CHANGES_PER_SECOND = 100;
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
  // The sections are laid out one by one: else the page itself could not change so often.
  const style = "<style>section { contain: strict; height: 120px; overflow: auto } p { margin: 0 }</style>";
  await show(`${style}<textarea id="field" rows="4" cols="60"></textarea><div id="feed"></div>`, "");
  const count = await page.evaluateHandle(
    ({ nodes, sections, every }) => {
      const feed = document.getElementById("feed") as HTMLElement;
      // Each row has two elements and two texts.
      const rows = "<p><b>Harbour</b> is quiet</p>".repeat(nodes / 4 / sections);
      feed.innerHTML = `<section>${rows}</section>`.repeat(sections);
      const all = feed.querySelectorAll("p");
      const count = { changes: 0, frames: 0 };
      const nextFrame = () => {
        count.frames += 1;
        requestAnimationFrame(nextFrame);
      };
      nextFrame();
      setInterval(() => {
        count.changes += 1;
        all[(count.changes * 7919) % all.length]?.lastChild?.replaceWith(
          ` is quiet, as it was ${count.changes} changes ago`,
        );
      }, every);
      return count;
    },
    { nodes: NODES, sections: SECTIONS, every: 1000 / CHANGES_PER_SECOND },
  );
  await page.locator("#field").focus();
  await page.keyboard.type(SENTENCE.slice(0, 8), { delay: 60 });
  await ghost.expectText(SENTENCE.slice(8));

  const before = await count.evaluate((now) => ({ ...now }));
  const times = await timesOfCalls(page, () => page.waitForTimeout(SECONDS * 1000));
  const after = await count.evaluate((now) => ({ ...now }));

  await ghost.expectText(SENTENCE.slice(8));
  const [changes, frames] = [after.changes - before.changes, after.frames - before.frames];
  const mean = times.reduce((sum, ms) => sum + ms, 0) / frames;
  reportFigures(
    `${NODES} nodes, ${changes} changes and ${frames} frames in ${SECONDS} s: ${mean.toFixed(2)} ms of a frame on average, ${Math.max(0, ...times).toFixed(2)} in the longest call`,
  );
  expect(times.length).toBeGreaterThan(0);
  expect(changes).toBeGreaterThan(frames);
  expect(mean).toBeLessThan(TOO_LONG_MS);
});
