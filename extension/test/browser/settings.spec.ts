import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { DEFAULTS } from "../../src/preferences.ts";
import { settingsOf } from "../../src/settings.ts";
import { fileOf } from "../../src/settings-file.ts";
import { EVERYWHERE } from "../../src/sites.ts";
import { picturesInAllSchemes, problemsInAllSchemes } from "./accessibility.ts";
import { expect, inWorker, OPTIONS, test } from "./fixtures.ts";

/** The settings as a file, and their sync by the browser. */

const CHANGED = {
  ...settingsOf(DEFAULTS),
  sureness: "calm" as const,
  sitesOff: ["bank.test"],
  keys: { ...DEFAULTS.keys, word: "Ctrl+Enter" },
};

const choose = (page: Page, text: string) =>
  page.locator("#import-file").setInputFiles({
    name: "settings.json",
    mimeType: "application/json",
    buffer: Buffer.from(text),
  });

const preferencesOf = (page: Page) =>
  inWorker(page.context(), "chrome.storage.local.get('preferences').then(({ preferences }) => preferences ?? null)");

const sureness = (page: Page) => page.getByLabel("How sure");
const outcome = (page: Page) => page.locator("#file-outcome");
const syncOutcome = (page: Page) => page.locator("#sync-outcome");

test.beforeEach(({ page }) => page.goto(OPTIONS));
test.afterEach(async ({ browserContext }) => {
  await inWorker(browserContext, 'chrome.storage.local.set({ "sync-on": false })');
  await inWorker(browserContext, "chrome.storage.sync.clear()");
  await inWorker(browserContext, 'chrome.storage.local.remove(["preferences", "saved", "sync-on", "sync-state"])');
});

test("the settings are exported without the token, and the file is imported after the user has seen the changes", async ({
  page,
  server,
}) => {
  await sureness(page).selectOption("Show more");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export to a file" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^foretype-settings-\d{4}-\d\d-\d\d\.json$/);
  const text = await readFile(await download.path(), "utf8");
  expect(JSON.parse(text)).toMatchObject({ settings: { sureness: "eager" }, allowed: EVERYWHERE });
  const kept = (await inWorker(page.context(), "chrome.storage.local.get('server')")) as { server: { token: string } };
  expect(kept.server.token.length).toBeGreaterThan(5);
  expect(text).not.toContain(kept.server.token);
  expect(text).not.toContain(server.origin);

  await choose(page, text);
  await expect(outcome(page)).toHaveText("This file has the same settings as this browser. Nothing has changed.");

  await sureness(page).selectOption("Only when sure");
  await choose(page, text);
  await expect(page.locator("#import-changes li")).toHaveText(["How sure: Only when sure → Show more"]);
  await expect(sureness(page)).toHaveValue("calm");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expect(outcome(page)).toHaveText("The settings were imported.");
  await expect(sureness(page)).toHaveValue("eager");
  await expect(page.locator("#import-preview")).toBeHidden();
});

test("an import can be cancelled, and the page has no problems while it asks", async ({ page }) => {
  const before = await preferencesOf(page);
  await choose(page, fileOf(CHANGED, []));
  await expect(page.locator("#import-changes li")).toHaveText([
    "bank.test: on → off",
    "How sure: Balanced → Only when sure",
    "Accept next word: Tab → Ctrl + Enter",
  ]);
  await picturesInAllSchemes(page, "options-import");
  expect(await problemsInAllSchemes(page)).toEqual([]);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(outcome(page)).toHaveText("Nothing has changed.");
  await expect(page.getByRole("button", { name: "Import from a file …" })).toBeFocused();
  expect(await preferencesOf(page)).toEqual(before);
});

for (const [name, text, sentence] of [
  ["a text", "Dear Ann,", "This file cannot be read, because it is not JSON. Nothing has changed."],
  ["other JSON", '{"name": "x"}', "This is not a file with Foretype's settings. Nothing has changed."],
  [
    "a file with one unusable value",
    fileOf({ ...CHANGED, wordsPerMinute: 0 }, []),
    "A setting in this file has a value that Foretype cannot use. The setting is “wordsPerMinute”. Nothing has changed.",
  ],
] as const) {
  test(`${name} is refused with a sentence, and changes nothing`, async ({ page }) => {
    const before = await preferencesOf(page);
    await choose(page, fileOf(CHANGED, []));
    await expect(page.locator("#import-preview")).toBeVisible();
    await choose(page, text);
    await expect(outcome(page)).toHaveText(sentence);
    await expect(page.locator("#import-preview")).toBeHidden();
    expect(await preferencesOf(page)).toEqual(before);
  });
}

test("sync is off until it is switched on; then both directions work, and the copy can be deleted", async ({
  page,
  browserContext,
}) => {
  const synced = () => inWorker<Record<string, unknown>>(browserContext, "chrome.storage.sync.get()");
  await sureness(page).selectOption("Show more");
  await expect(page.getByLabel("Sync these choices")).not.toBeChecked();
  expect(await synced()).toEqual({});

  await page.getByLabel("Sync these choices").check();
  await expect(syncOutcome(page)).toHaveText("Sync is on.");
  expect(await synced()).toEqual({ version: 1, ...settingsOf({ ...DEFAULTS, sureness: "eager" }) });
  await sureness(page).selectOption("Only when sure");
  await expect.poll(async () => (await synced()).sureness).toBe("calm");
  await inWorker(browserContext, "chrome.storage.sync.set({ spoken: true })");
  await expect(page.getByLabel("Announce a suggestion")).toBeChecked();

  await page.getByRole("button", { name: "Delete the synced copy" }).click();
  await expect(syncOutcome(page)).toHaveText("Sync is off, and the copy was deleted from the account.");
  await expect(page.getByLabel("Sync these choices")).toBeFocused();
  await sureness(page).selectOption("Show more");
  await expect.poll(() => preferencesOf(page)).toMatchObject({ sureness: "eager", spoken: true });
  expect(await synced()).toEqual({});
});

test("the account's settings replace those of the browser, and the page says what changed", async ({
  page,
  browserContext,
}) => {
  await inWorker(browserContext, `chrome.storage.sync.set(${JSON.stringify({ version: 1, ...CHANGED })})`);
  await page.getByLabel("Sync these choices").check();
  await expect(syncOutcome(page)).toHaveText(
    "Sync is on. Changed by the account's settings: bank.test: on → off, How sure: Balanced → Only when sure, Accept next word: Tab → Ctrl + Enter.",
  );
});

test("if the browser does not take the settings, the page says so", async ({ page, browserContext }) => {
  const sitesOff = Array.from({ length: 1000 }, (_, index) => `a-site-${index}.example.org`);
  await inWorker(
    browserContext,
    `chrome.storage.local.set({ preferences: { sitesOff: ${JSON.stringify(sitesOff)} } })`,
  );
  await page.getByLabel("Sync these choices").check();
  await expect(syncOutcome(page)).toContainText("The browser did not accept the settings");
});
