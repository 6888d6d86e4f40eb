import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";
import { PAGE, REST, SENTENCE, TYPED, WAYS } from "./ways.ts";

// `python -m latency.weaknesses` runs this file also with the fixtures of an earlier commit, so it uses only what both have.
for (const [way, learn] of Object.entries(WAYS)) {
  test(`a page learns nothing of the suggestion if it ${way}`, async ({ page, ghost, server, show }) => {
    server.script = knows(SENTENCE);
    await show(PAGE);
    await page.locator("#field").click();
    await page.keyboard.type(TYPED);
    await ghost.expectText(REST);
    expect(await page.evaluate(learn)).toBe("");
  });
}
