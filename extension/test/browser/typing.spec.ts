import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response, and see you on Friday";

const FIELDS = {
  textarea: '<textarea id="field" rows="4" cols="70"></textarea>',
  input: '<input id="field" size="80">',
  contenteditable: '<div id="field" contenteditable="true" style="width: 600px; min-height: 60px"></div>',
};

for (const [kind, html] of Object.entries(FIELDS)) {
  test.describe(kind, () => {
    test.beforeEach(async ({ server, show, page }) => {
      server.script = knows(SENTENCE);
      await show(html);
      await page.locator("#field").click();
    });

    const written = (page: import("@playwright/test").Page) =>
      page.locator("#field").evaluate((field) => ("value" in field ? String(field.value) : field.textContent));

    test("shows how the text goes on", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
    });

    test("Tab takes one word after another, and the rest stays", async ({ page, ghost, server }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      expect(await written(page)).toBe("Thanks for the quick response, and");
      await ghost.expectText(" see you on Friday");
      await expect.poll(() => server.of("accepted").map(({ text }) => text)).toEqual(["ck", " response", ", and"]);
    });

    test("the right arrow takes all of it at the end of a line", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("ArrowRight");
      expect(await written(page)).toBe(SENTENCE);
      await ghost.expectText(null);
    });

    test("Escape sends it away, tells the server, and it is quiet at this spot", async ({ page, ghost, server }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("Escape");
      await ghost.expectText(null);
      await expect.poll(() => server.of("dismissed").length).toBe(1);
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowRight");
      await ghost.expectText(null);
      expect(await written(page)).toBe("Thanks for the qui");
    });

    test("undo takes back the accepted word and nothing else, redo brings it again", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      expect(await written(page)).toBe("Thanks for the quick response");
      await page.keyboard.press("Control+z");
      expect(await written(page)).toBe("Thanks for the quick");
      await page.keyboard.press("Control+z");
      expect(await written(page)).toBe("Thanks for the qui");
      await page.keyboard.press("Control+Shift+z");
      expect(await written(page)).toBe("Thanks for the quick");
    });

    test("typing what is shown neither hides nor moves it, with no answer from the server", async ({
      page,
      ghost,
      server,
    }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      const before = await ghost.rect();
      const log = await ghost.watch();
      server.script = () => null;
      await page.keyboard.type("ck response,");
      await ghost.expectText(" and see you on Friday");
      expect(await log()).toEqual({ came: 0, went: 0 });
      const after = await ghost.rect();
      expect(Math.abs(after.right - before.right)).toBeLessThan(0.5);
      expect(after.top).toBe(before.top);
    });

    test("stands where the text will be", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      const drawn = await ghost.rect();
      await page.keyboard.press("ArrowRight");
      const typed = await ghost.rectOfTyped("ck response, and see you on Friday");
      expect(Math.abs(drawn.left - typed.left)).toBeLessThan(1);
      expect(Math.abs(drawn.top - typed.top)).toBeLessThan(1);
      expect(Math.abs(drawn.right - typed.right)).toBeLessThan(1);
    });

    test("a key that is not ours goes through, and a wrong one takes the ghost away", async ({
      page,
      ghost,
      server,
    }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      server.script = () => null;
      await page.keyboard.type("x");
      await ghost.expectText(null);
      expect(await written(page)).toBe("Thanks for the quix");
    });

    test("with nothing on the screen Tab moves the focus", async ({ page, server }) => {
      server.script = () => "";
      await page.keyboard.type("Hello");
      await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Hello");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.id)).not.toBe("field");
      expect(await written(page)).toBe("Hello");
    });

    test("goes when the caret or the focus goes", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("ArrowLeft");
      await ghost.expectText(null);
      await page.keyboard.press("ArrowRight");
      await ghost.expectText("ck response, and see you on Friday");
      await page.locator("#field").blur();
      await ghost.expectText(null);
    });

    test("while an input method composes, nothing is drawn and no key is taken", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      const session = await page.context().newCDPSession(page);
      await session.send("Input.imeSetComposition", { text: "c", selectionStart: 1, selectionEnd: 1 });
      await ghost.expectText(null);
      await page.keyboard.press("ArrowDown");
      await session.send("Input.insertText", { text: "c" });
      await ghost.expectText("k response, and see you on Friday");
      expect(await written(page)).toBe("Thanks for the quic");
    });

    test("what a script types or presses is not taken for the user's key", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.locator("#field").evaluate((field) => {
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
      });
      expect(await written(page)).toBe("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
    });

    test("Alt with the arrows shows other ways to go on, and how many there are", async ({ page, ghost, server }) => {
      server.others = () => ["te reply", "etness"];
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      expect(await ghost.choice()).toBe("");
      await page.keyboard.press("Alt+ArrowDown");
      await ghost.expectText("te reply");
      expect(await ghost.choice()).toBe("2/3");
      await page.keyboard.press("Alt+ArrowDown");
      await ghost.expectText("etness");
      await page.keyboard.press("Alt+ArrowUp");
      await ghost.expectText("te reply");
      await page.keyboard.press("Tab");
      expect(await written(page)).toBe("Thanks for the quite");
      await ghost.expectText(" reply");
      expect(await ghost.choice()).toBe("");
      await expect.poll(() => server.of("accepted").at(-1)?.text).toBe("te");
    });

    test("says nothing on the console", async ({ page, ghost, noise }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Escape");
      expect(noise).toEqual([]);
    });
  });
}
