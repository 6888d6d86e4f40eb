import { expect, inWorker, test } from "./fixtures.ts";
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

    test("the suggestion is shown", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
    });

    test("Tab accepts one word after the other, and the rest stays", async ({ page, ghost, server }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      expect(await written(page)).toBe("Thanks for the quick response, and");
      await ghost.expectText(" see you on Friday");
      await expect.poll(() => server.of("accepted").map(({ text }) => text)).toEqual(["ck", " response", ", and"]);
    });

    test("the right arrow accepts the whole suggestion at the end of a line", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("ArrowRight");
      expect(await written(page)).toBe(SENTENCE);
      await ghost.expectText(null);
    });

    test("Escape dismisses the suggestion, tells the server, and no suggestion comes back at this place", async ({
      page,
      ghost,
      server,
    }) => {
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

    test("undo removes the accepted word and nothing else, and redo inserts it again", async ({ page, ghost }) => {
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

    test("typing what is suggested neither hides nor moves the rest, even without an answer from the server", async ({
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

    test("ghost text is where the typed text will be", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      const drawn = await ghost.rect();
      await page.keyboard.press("ArrowRight");
      const typed = await ghost.rectOfTyped("ck response, and see you on Friday");
      expect(Math.abs(drawn.left - typed.left)).toBeLessThan(1);
      expect(Math.abs(drawn.top - typed.top)).toBeLessThan(1);
      expect(Math.abs(drawn.right - typed.right)).toBeLessThan(1);
    });

    test("another key goes to the page, and if it does not fit the suggestion goes", async ({
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

    test("without a suggestion Tab moves the focus", async ({ page, server }) => {
      server.script = () => "";
      await page.keyboard.type("Hello");
      await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Hello");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.id)).not.toBe("field");
      expect(await written(page)).toBe("Hello");
    });

    test("the suggestion goes when the caret or the focus moves", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("ArrowLeft");
      await ghost.expectText(null);
      await page.keyboard.press("ArrowRight");
      await ghost.expectText("ck response, and see you on Friday");
      await page.locator("#field").blur();
      await ghost.expectText(null);
    });

    test("during a composition nothing is drawn and no key is used", async ({ page, ghost }) => {
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

    test("a key event of a script does not count as the user's key", async ({ page, ghost }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.locator("#field").evaluate((field) => {
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
      });
      expect(await written(page)).toBe("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
    });

    test("Alt with the arrows shows other suggestions, and how many there are", async ({ page, ghost, server }) => {
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

    test("nothing is written to the console", async ({ page, ghost, noise }) => {
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response, and see you on Friday");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Escape");
      expect(noise).toEqual([]);
    });
  });
}

for (const html of [
  '<textarea id="field" rows="4" cols="60"></textarea>',
  '<input id="field" size="60">',
  '<div id="field" contenteditable="true" style="width: 500px"></div>',
]) {
  test(`typed text is one undo step, as without Foretype, although suggestions come and go: ${html.slice(1, 6)}`, async ({
    page,
    ghost,
    server,
    show,
  }) => {
    // Another suggestion after each key; sometimes none, sometimes as a label.
    server.script = ({ before }) => (before.length % 3 === 0 ? "" : ` or ${before.length} other words`);
    await show(html);
    await page.locator("#field").focus();
    for (const letter of "Thanks for all the work") {
      await page.keyboard.type(letter);
      await page.waitForTimeout(40);
    }
    await ghost.expectText(" or 23 other words");
    await page.keyboard.press("Control+z");
    const text = () => page.locator("#field").evaluate((field) => ("value" in field ? field.value : field.textContent));
    expect(await text()).toBe("");
  });

  test(`typed text is one undo step, although suggestions are announced between the words: ${html.slice(1, 6)}`, async ({
    page,
    server,
    show,
    browserContext,
  }) => {
    await inWorker(browserContext, "chrome.storage.local.set({ preferences: { spoken: true } })");
    server.script = ({ before }) => ` or ${before.length} other words`;
    const session = await page.context().newCDPSession(page);
    const announced = async () => {
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const names = nodes.map(({ name }) => String(name?.value));
      return names.filter((name) => /^or \d+ other words$/.test(name));
    };
    await show(html);
    await page.locator("#field").focus();
    let length = 0;
    for (const word of ["Thanks", " for", " all"]) {
      await page.keyboard.type(word);
      length += word.length;
      await expect.poll(async () => new Set(await announced())).toEqual(new Set([`or ${length} other words`]));
    }
    await page.keyboard.press("Control+z");
    const text = () => page.locator("#field").evaluate((field) => ("value" in field ? field.value : field.textContent));
    expect(await text()).toBe("");
    await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
  });
}
