import { picturesInAllSchemes, problemsInAllSchemes } from "./accessibility.ts";
import { expect, inWorker, OPTIONS, test } from "./fixtures.ts";
import { openPopup } from "./popup-page.ts";
import { knows } from "./scripted-server.ts";

/** How much is suggested: when, how long, how sure; for all sites, and for one. */

const SENTENCE = "Thanks for the quick response, and see you on Friday";
const FIELDS = '<textarea id="field" rows="4" cols="70"></textarea><input id="secret" type="password">';

test.beforeEach(async ({ server, show }) => {
  await show("");
  server.script = knows(SENTENCE);
});
test.afterEach(({ browserContext }) => inWorker(browserContext, 'chrome.storage.local.remove("preferences")'));

test("the popup chooses for one site that a suggestion appears only when a key is pressed, and the key then shows one", async ({
  page,
  ghost,
  server,
  show,
}) => {
  await show(FIELDS);
  const popup = await openPopup(page);
  await popup.getByText("How much is suggested on this site").click();
  await popup.getByLabel("Suggestions appear").selectOption("Only when you press a key");
  await popup.getByLabel("Longest suggestion").selectOption("Up to 2 words");
  await expect(popup.getByRole("status")).toHaveText("On. To see a suggestion, press Ctrl + Space in a field.");
  await popup.setViewportSize({ width: 720, height: 720 });
  expect(await problemsInAllSchemes(popup)).toEqual([]);
  await popup.setViewportSize({ width: 360, height: 320 });
  await picturesInAllSchemes(popup, "popup-amount");

  // It stays short: next time, it only names what differs.
  await popup.reload();
  await expect(popup.locator("#difference")).toHaveText("Only when you press a key · Up to 2 words");
  await expect(popup.getByLabel("Suggestions appear")).toBeHidden();
  await popup.getByText("How much is suggested on this site").click();
  await expect(popup.locator("#difference")).toBeHidden();
  expect(await popup.evaluate(() => document.body.offsetHeight)).toBeLessThan(480);

  await page.bringToFront();
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await page.keyboard.press("Control+Space");
  await ghost.expectText("ck response, and see you on Friday");
  expect(server.keystrokes).toMatchObject([{ before: "Thanks for the qui", max_words: 2, sureness: "eager" }]);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await ghost.expectText(", and see you on Friday");
  await page.keyboard.press("Escape");
  await expect.poll(() => server.of("close").length).toBeGreaterThan(0);
  await page.keyboard.type(", and");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue("Thanks for the quick response, and");
  await expect(page.locator("#field")).not.toBeFocused();
  expect(server.keystrokes).toHaveLength(1);

  await popup.getByLabel("Suggestions appear").selectOption("As on all sites");
  await page.bringToFront();
  await page.locator("#field").click();
  await page.keyboard.press("End");
  await page.keyboard.type(" s");
  await ghost.expectText("ee you on Friday");
  await popup.close();
});

test("on a site that is off, the key shows one suggestion, but sends nothing of a password", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  await inWorker(browserContext, 'chrome.storage.local.set({ preferences: { sitesOff: ["127.0.0.1"] } })');
  await show(FIELDS);
  await page.locator("#secret").click();
  await page.keyboard.type("Thanks");
  await page.keyboard.press("Control+Space");
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for");
  expect(server.keystrokes).toEqual([]);
  await page.keyboard.press("Control+Space");
  await ghost.expectText(" the quick response, and see you on Friday");
  await page.keyboard.type(" my");
  await ghost.expectText(null);
  await page.keyboard.type(" help");
  expect(server.keystrokes.map(({ before }) => before)).toEqual(["Thanks for"]);
});

test("the options choose how much is suggested on all sites, and list the sites that differ", async ({ page }) => {
  const stored = () => inWorker(page.context(), "chrome.storage.local.get('preferences')");
  await inWorker(
    page.context(),
    `chrome.storage.local.set({ preferences: { amounts: {
      "mail.test": { length: 1, sureness: "calm" }, "notes.example.org": { moment: "key" } } } })`,
  );
  await page.goto(OPTIONS);
  await page.getByLabel("Longest suggestion").selectOption("Up to 3 words");
  await page.getByLabel("How sure").selectOption("Show more");
  await page.getByLabel("Suggestions appear").selectOption("Only when you press a key");
  await expect(page.locator("#differing-sites li")).toHaveText([
    /mail\.test.*One word · Only when sure/,
    /notes\.example\.org.*Only when you press a key/,
  ]);
  expect(await problemsInAllSchemes(page)).toEqual([]);
  await picturesInAllSchemes(page, "options-amount");
  await page.getByRole("button", { name: "Reset mail.test" }).click();
  await expect(page.locator("#differing-sites li")).toHaveCount(1);
  await expect.poll(stored).toMatchObject({
    preferences: { moment: "key", length: 3, sureness: "eager", amounts: { "notes.example.org": {} } },
  });
});
