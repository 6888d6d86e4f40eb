import type { JSHandle, Page } from "@playwright/test";

/** A large page that never rests, below a field. */
export const NODES = 50_000;
const SECTIONS = 100;
const CHANGES_PER_SECOND = 100;

/** The body of the page. The sections are laid out one by one: else the page itself could not change so often. */
export const BUSY_BODY = `<style>section { contain: strict; height: 120px; overflow: auto } p { margin: 0 }</style>
<textarea id="field" rows="4" cols="60"></textarea><div id="feed"></div>`;

/** What the page has done so far. */
export interface Count {
  changes: number;
  frames: number;
}

/** Fills the page, and changes one of its texts a hundred times a second from now on. */
export function keepBusy(page: Page): Promise<JSHandle<Count>> {
  return page.evaluateHandle(
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
}

/** What the page does during `act`. */
export async function countDuring(count: JSHandle<Count>, act: () => Promise<void>): Promise<Count> {
  const before = await count.evaluate((now) => ({ ...now }));
  await act();
  const after = await count.evaluate((now) => ({ ...now }));
  return { changes: after.changes - before.changes, frames: after.frames - before.frames };
}
