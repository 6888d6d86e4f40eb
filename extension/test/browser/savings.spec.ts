import type { BrowserContext, Page } from "@playwright/test";
import { dayOf, NO_SAVINGS } from "../../src/savings.ts";
import { picturesInAllSchemes, problemsInAllSchemes } from "./accessibility.ts";
import { EDITOR_PAGES, Opened } from "./editor-pages.ts";
import { expect, inWorker, OPTIONS, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

/** The numbers of saved keystrokes on the options page. */

const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';
const PICTURES = "test-results/images";

/** A month of use, with a weekend now and then. */
const month = () => ({
  ...NO_SAVINGS,
  days: Array.from({ length: 30 }, (_, index) => ({
    day: dayOf(new Date(Date.now() - (29 - index) * 86_400_000)),
    taken: 40,
    keys: index % 7 > 4 ? 0 : 300 + ((index * 733) % 1900),
  })),
  earlier: { taken: 4000, keys: 30_000 },
  since: "2026-03-02",
  sites: [
    { host: "mail.example.org", taken: 900, keys: 12_400 },
    { host: "a-long-name-of-a-site-that-someone-uses-at-work.example.org", taken: 300, keys: 2100 },
  ],
});

const store = (page: Page, values: object) =>
  inWorker(page.context(), `chrome.storage.local.set(${JSON.stringify(values)})`);

/** The numbers of today. */
async function savedIn(context: BrowserContext): Promise<unknown> {
  const { saved } = await inWorker<{ saved?: { days: { taken: number; keys: number }[] } }>(
    context,
    "chrome.storage.local.get('saved')",
  );
  const [today] = saved?.days ?? [];
  return today && { taken: today.taken, keys: today.keys };
}

const rows = (page: Page) => page.locator("#savings-rows tr");

// Other tests accept suggestions in the same browser.
const forget = ({ browserContext }: { browserContext: BrowserContext }) =>
  inWorker(browserContext, 'chrome.storage.local.remove(["preferences", "saved"])');
test.beforeEach(forget);
test.afterEach(forget);

test("before the first suggestion is accepted, the page says that nothing is counted yet", async ({ page }) => {
  await page.goto(OPTIONS);
  await expect(page.getByText("Nothing is counted yet.")).toBeVisible();
  await expect(page.locator("#savings-numbers")).toBeHidden();
  await expect(page.getByRole("button", { name: "Delete all numbers" })).toBeDisabled();
});

for (const [name, body] of Object.entries({
  "a textarea": TEXTAREA,
  "a rich editor": '<div id="field" contenteditable="true"></div>',
}))
  test(`in ${name}, an accepted word that is undone with Ctrl+Z is not counted`, async ({
    page,
    ghost,
    server,
    show,
    browserContext,
  }) => {
    server.script = knows("Thanks for the quick response");
    const saved = () => savedIn(browserContext);
    await show(body, "Thanks for the qui");
    await ghost.expectText("ck response");
    await page.keyboard.press("Tab");
    await ghost.expectText(" response");
    await page.keyboard.press("Tab");
    await expect.poll(saved).toEqual({ taken: 2, keys: 9 });
    await page.keyboard.press("Control+z");
    await expect.poll(saved).toEqual({ taken: 1, keys: 1 });
    await page.keyboard.press("Control+z");
    await expect.poll(saved).toEqual({ taken: 0, keys: 0 });
  });

/** They keep their own history, so the browser reports no undo. */
const WITH_HISTORY = ["ProseMirror", "CodeMirror", "Lexical", "Quill", "Slate", "CKEditor"];

for (const editor of EDITOR_PAGES.filter(({ name }) => WITH_HISTORY.includes(name)))
  test(`${editor.name}: an accepted word that is undone with Ctrl+Z is not counted`, async ({
    page,
    server,
    browserContext,
  }) => {
    await store(page, { preferences: { codeToo: true } });
    server.script = knows("Thanks for the quick response");
    const opened = await Opened.open(page, server, editor);
    await page.keyboard.type("Thanks for the qui");
    await opened.ghost.expectText("ck response");
    await page.keyboard.press("Tab");
    await expect.poll(() => savedIn(browserContext)).toEqual({ taken: 1, keys: 1 });
    await page.keyboard.press("Control+z");
    await expect.poll(() => opened.text()).toBe("Thanks for the qui");
    await expect.poll(() => savedIn(browserContext)).toEqual({ taken: 0, keys: 0 });
  });

test("accepted suggestions appear on the open page, by site once that is wished, and are deleted by a button", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows("Thanks for the quick response");
  const options = await browserContext.newPage();
  await options.goto(OPTIONS);
  await show(TEXTAREA, "Thanks for the qui");
  await ghost.expectText("ck response");
  await page.keyboard.press("Tab");
  await expect(rows(options).first()).toHaveText(/Today10 s/);
  await expect(options.locator("#savings-sites")).toBeHidden();

  await options.getByLabel("Also count by site").check();
  await ghost.expectText(" response");
  await page.keyboard.press("Tab");
  await expect(rows(options)).toHaveText([/Today92 s/, /This month.*9/, /In total since.*9/]);
  await expect(options.locator("#savings-site-rows tr")).toHaveText(/127\.0\.0\.182 s/);
  await options.getByLabel("Your typing speed").fill("20");
  await options.keyboard.press("Enter");
  await expect(rows(options).first()).toHaveText(/Today95 s/);
  await options.getByLabel("Your typing speed").fill("0");
  await options.keyboard.press("Enter");
  await expect(options.locator("#savings-outcome")).toHaveText(
    "The typing speed is a whole number from 5 to 200. It has not changed.",
  );
  await expect(options.getByLabel("Your typing speed")).toHaveValue("20");

  await options.getByLabel("Also count by site").uncheck();
  await expect(options.locator("#savings-sites")).toBeHidden();
  const kept = JSON.stringify(await inWorker(browserContext, "chrome.storage.local.get('saved')"));
  expect(kept).not.toMatch(/127\.0\.0\.1|response|Thanks/);

  await options.getByRole("button", { name: "Delete all numbers" }).click();
  await expect(options.getByText("Nothing is counted yet.")).toBeVisible();
  expect(await inWorker(browserContext, "chrome.storage.local.get('saved')")).toEqual({ saved: NO_SAVINGS });
  await options.close();
});

test("the picture has a text alternative, and the page has no problems in light, dark and forced colours", async ({
  page,
}) => {
  await store(page, { saved: month(), preferences: { countSites: true } });
  await page.goto(OPTIONS);
  await expect(
    page.getByRole("img", { name: /keystrokes saved on \d+ of the last 30 days\. The most on one day/ }),
  ).toBeVisible();
  const part = page.locator('section[aria-labelledby="savings"]');
  await picturesInAllSchemes(page, "savings", part);
  await page.emulateMedia({ colorScheme: "light", forcedColors: null });
  await page.setViewportSize({ width: 360, height: 700 });
  await part.screenshot({ path: `${PICTURES}/savings-narrow.png` });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await page.setViewportSize({ width: 1000, height: 700 });
  expect(await problemsInAllSchemes(page)).toEqual([]);
});
