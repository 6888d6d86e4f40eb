import type { Page } from "@playwright/test";
import { inWorker } from "./fixtures.ts";
import { expect, test } from "./real-fixtures.ts";
import { RealPopup } from "./real-popup.ts";

const TYPED = "Please let me know if you have any que";

const FIELDS = {
  textarea: '<textarea id="field" rows="4" cols="70"></textarea>',
  input: '<input id="field" size="80">',
  contenteditable: '<div id="field" contenteditable="true" style="width: 600px; min-height: 60px"></div>',
};

const written = (page: Page) =>
  page.locator("#field").evaluate((field) => ("value" in field ? String(field.value) : field.textContent));

for (const [kind, html] of Object.entries(FIELDS)) {
  test(`the real model completes a word in a ${kind}, and Tab accepts it`, async ({ page, ghost, show }) => {
    await show(html);
    await page.locator("#field").click();
    await page.keyboard.type(TYPED);
    await expect.poll(() => ghost.text()).toMatch(/^stions/);
    await page.keyboard.press("Tab");
    expect(await written(page)).toBe(`${TYPED}stions`);
  });
}

/** Within this the server answers every keystroke. */
const BUDGET_MS = 300;

for (const value of ["South Africa", "Thank you", "Vice president", "United Kingdom", "Software engineer"]) {
  test(`after the value "${value}" in a form, Tab goes to the next field`, async ({ page, show }) => {
    await show('<form><input id="field" name="title"><input id="next" name="subject"></form>');
    await page.locator("#field").click();
    await page.keyboard.type(value, { delay: 150 });
    await page.waitForTimeout(BUDGET_MS);
    await page.keyboard.press("Tab");
    await expect(page.locator("#next")).toBeFocused();
    expect(await written(page)).toBe(value);
  });
}

/** The model was trained on English text. Of these it knows the letters, but few words. */
const OTHER_SCRIPTS = {
  Cyrillic: "Спасибо за ваше пись",
  Chinese: "你好,谢谢你的邮件。我们明天上午",
  Arabic: "شكرا على رسالتك. سوف",
  emoji: "😀😀 👍🏽👍🏽 ❤️ 👨‍👩‍👧‍👦 ",
};

test("after text in another script there are no suggestions, and English text in the same field gets them again", async ({
  page,
  ghost,
  show,
}) => {
  await show(FIELDS.textarea);
  await page.locator("#field").click();
  const log = await ghost.watch();
  for (const [script, text] of Object.entries(OTHER_SCRIPTS)) {
    await page.keyboard.type(text, { delay: 25 });
    await page.waitForTimeout(BUDGET_MS);
    expect(await log(), script).toEqual({ came: 0, went: 0 });
    await page.locator("#field").clear();
  }
  await page.locator("#field").focus();
  await page.keyboard.type(TYPED);
  // On a busy machine an answer may come too late. The next key causes another one.
  await expect(async () => {
    await page.keyboard.press("Backspace");
    await page.waitForTimeout(BUDGET_MS);
    await page.keyboard.type(TYPED.slice(-1));
    await expect.poll(() => ghost.text(), { timeout: 1000 }).toMatch(/^stions/);
  }).toPass();
});

/** A server that was just started can't read it within the time for one answer. */
const LONG = "Thank you for the invitation to the garden party. I would be happy to come. ".repeat(18);

test("when the server is killed no key is lost, and after its restart ghost text comes back", async ({
  page,
  ghost,
  show,
  server,
  iconTitle,
}) => {
  await show(FIELDS.textarea);
  await page.locator("#field").fill(LONG);
  await page.keyboard.press("Control+End");
  await page.keyboard.type(TYPED);
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
  await expect.poll(iconTitle).toBe("Foretype: connected");

  await server.kill();
  const more = "stions. By the way, the meeting is sched";
  await page.keyboard.type(more);
  expect(await written(page)).toBe(`${LONG}${TYPED}${more}`);
  await ghost.expectText(null);
  await expect.poll(iconTitle).toContain("the server is unreachable");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).not.toBeFocused();
  await page.locator("#field").focus();

  await server.start();
  // The extension sends the keystroke again by itself, also if the server runs out of time. It waits up to ten seconds between two attempts to connect.
  await expect.poll(() => ghost.text(), { timeout: 20_000 }).toMatch(/^uled/);
  await page.keyboard.press("Tab");
  expect(await written(page)).toBe(`${LONG}${TYPED}${more}uled`);
  await expect.poll(iconTitle).toBe("Foretype: connected");
});

test("on a site that was just turned off, the key shows a suggestion at its first press, even for a dismissed one", async ({
  page,
  ghost,
  show,
  browserContext,
}) => {
  await show(FIELDS.textarea);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  const popup = await RealPopup.openOver(page);
  await popup.value("document.querySelector('#on').click()");
  await expect.poll(() => popup.text()).toContain("Off on this site.");
  await popup.close();
  await page.keyboard.press("Control+Space");
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
  await inWorker(browserContext, 'chrome.storage.local.remove("preferences")');
});
