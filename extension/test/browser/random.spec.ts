import { EDITORS, Opened } from "./editors.ts";
import { allowCode, test } from "./fixtures.ts";
import { RandomTypist, SENTENCES } from "./random-typist.ts";
import { knows } from "./scripted-server.ts";

/** `npm run test:random` goes a thousand steps in each editor, and takes another seed from FORETYPE_SEED. */
const STEPS = Number(process.env.FORETYPE_STEPS ?? 60);
const SEED = Number(process.env.FORETYPE_SEED ?? 1);

test.beforeAll(async ({ browserContext }) => {
  await allowCode(browserContext, true);
  await browserContext.grantPermissions(["clipboard-read", "clipboard-write"]);
});
test.afterAll(({ browserContext }) => allowCode(browserContext, false));

for (const editor of EDITORS.filter(({ limits, standing, words }) => !limits?.ghost && !standing && !words)) {
  test(`${STEPS} steps without a plan in ${editor.name}`, async ({ page, server }) => {
    test.setTimeout(30_000 + STEPS * 300);
    server.script = knows(...SENTENCES);
    const opened = await Opened.open(page, server, editor);
    await RandomTypist.fillClipboard(opened);
    const typist = new RandomTypist(opened, SEED, editor.name !== "input");
    for (let step = 0; step < STEPS; step++) {
      await typist.act();
      if (step % 10 === 9) await typist.check();
    }
    await typist.end();
  });
}
