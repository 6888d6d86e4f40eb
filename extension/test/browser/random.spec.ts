import { EDITOR_PAGES, Opened } from "./editor-pages.ts";
import { allowCode, expect, test } from "./fixtures.ts";
import { PASTED, RandomTypist, SENTENCES, type Typewriter } from "./random-typist.ts";
import { knows } from "./scripted-server.ts";

/** `npm run test:random` does a thousand steps in each editor. FORETYPE_SEED sets another seed. */
const STEPS = Number(process.env.FORETYPE_STEPS ?? 30);
const SEED = Number(process.env.FORETYPE_SEED ?? 1);

test.beforeAll(async ({ browserContext }) => {
  await allowCode(browserContext, true);
  await browserContext.grantPermissions(["clipboard-read", "clipboard-write"]);
});
test.afterAll(({ browserContext }) => allowCode(browserContext, false));

for (const editor of EDITOR_PAGES.filter(({ limits, standing, words }) => !limits?.ghost && !standing && !words)) {
  test(`${STEPS} random steps in ${editor.name}`, async ({ page, server }) => {
    test.setTimeout(30_000 + STEPS * 300);
    server.script = knows(...SENTENCES);
    const opened = await Opened.open(page, server, editor);
    await page.evaluate((text) => navigator.clipboard.writeText(text), PASTED);
    const typist = new RandomTypist(typewriter(opened), SEED, !editor.oneLine);
    for (let step = 0; step < STEPS; step++) {
      await typist.act();
      if (step % 10 === 9) await typist.check();
    }
    await typist.end();
  });
}

const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 3000 };

const typewriter = (opened: Opened): Typewriter => ({
  type: (text) => opened.page.keyboard.type(text),
  press: (key) => opened.page.keyboard.press(key),
  text: () => opened.text(),
  ghost: () => opened.ghost.text(),
  leave: () => opened.leave(),
  focus: () => opened.focus(),
  clear: () => opened.clear(),
  redo: () => opened.redo(),
  settle: () => opened.settle(),
  eventually: (read, message) => expect.poll(read, { ...SOON, message }),
});
