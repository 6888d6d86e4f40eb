import { EDITOR_PAGES, Opened } from "./editor-pages.ts";
import { allowCode } from "./fixtures.ts";
import { expect, test } from "./real-fixtures.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** The main path of each editor with the real model. The screenshots are in test-results/editors/. */
const TYPED = "Please let me know if you have any que";

const pages = new ScriptedServer();

test.beforeAll(async ({ browserContext }) => {
  await pages.start();
  await allowCode(browserContext, true);
});
test.afterAll(() => pages.stop());

for (const editor of EDITOR_PAGES.filter(({ limits, words }) => !limits?.ghost && !words)) {
  test(`the real model completes a word in ${editor.name}, and Tab accepts it`, async ({ page }) => {
    const opened = await Opened.open(page, pages, editor);
    await page.keyboard.type(TYPED);
    await expect.poll(() => opened.ghost.text(), { intervals: [20, 50, 100] }).toMatch(/^stions/);
    await page.screenshot({
      path: `test-results/editors/${editor.name.replace(/\W+/g, "-").toLowerCase()}.png`,
      clip: { x: 0, y: 0, width: 900, height: 330 },
    });
    await page.keyboard.press("Tab");
    await expect.poll(() => opened.text()).toBe(`${TYPED}stions`);
  });
}

test("in a script that the model does not know there are no suggestions", async ({ page }) => {
  const hebrew = EDITOR_PAGES.find(({ words }) => words);
  if (!hebrew) throw new Error("No editor has right-to-left text");
  const opened = await Opened.open(page, pages, hebrew);
  await page.keyboard.type("תודה על התגובה המהירה ", { delay: 60 });
  await page.waitForTimeout(500);
  expect(await opened.ghost.text()).toBeNull();
});
