import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Page } from "@playwright/test";
import { inWorker, OPTIONS } from "./fixtures.ts";
import { expect, test } from "./real-fixtures.ts";
import type { RealServer } from "./real-server.ts";

/** The user's words, from the keys to the list in the options, with the real server. */

/** No token of the model. */
const NAME = "Quibbleworth";
/** They have no other word in common. */
const TEXTS = [`Yesterday ${NAME} called me`, `Please ask ${NAME} about lunch`, `We miss ${NAME}`];
const FIELDS = TEXTS.map((_, index) => `<textarea id="field${index}" rows="3" cols="60"></textarea>`).join("");

const prefer = (context: BrowserContext, preferences: object) =>
  inWorker(context, `chrome.storage.local.set({ preferences: ${JSON.stringify(preferences)} })`);

test.afterEach(({ browserContext }) => inWorker(browserContext, "chrome.storage.local.remove('preferences')"));

/** Types a text in each field, and leaves the field. */
async function typeAll(page: Page, texts: readonly string[]): Promise<void> {
  for (const [index, text] of texts.entries()) {
    await page.locator(`#field${index}`).click();
    await page.keyboard.type(text, { delay: 15 });
    await page.locator(`#field${index}`).blur();
  }
}

/** The rows of the list that a search finds. */
async function found(page: Page, search: string): Promise<string[]> {
  await page.goto(OPTIONS);
  await page.getByText("Show and change your words").click();
  await expect(page.locator("#word-count")).not.toBeEmpty();
  const field = page.getByLabel("Search", { exact: true });
  // It is hidden if there are no words.
  if (await field.isVisible()) {
    await field.fill(search);
    await expect(page.locator("#word-list")).toHaveAttribute("aria-busy", "false");
  }
  return page.locator("#word-list li").allTextContents();
}

const wordFiles = async (server: RealServer) =>
  (await readdir(server.state)).filter((name) => name.startsWith("words"));

/** All bytes of the server's files of words. */
const kept = async (server: RealServer) => {
  const contents = (await wordFiles(server)).map((name) => readFile(join(server.state, name), "latin1"));
  return (await Promise.all(contents)).join("");
};

test("while learning is off, nothing is kept", async ({ page, show, ghost, server }) => {
  await show(FIELDS);
  await typeAll(page, TEXTS);
  // The server has read all of it.
  await page.locator("#field0").fill("");
  await page.keyboard.type("Please let me know if you have any que");
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
  expect(await wordFiles(server)).toEqual([]);
  expect(await found(page, NAME)).toEqual([]);
});

test("a name appears in the list when it was typed in three texts, can be exported, forgotten and imported again", async ({
  page,
  show,
  server,
  browserContext,
}) => {
  await prefer(browserContext, { learnWords: true });
  await show(FIELDS);
  await typeAll(page, TEXTS.slice(0, 2));
  await expect.poll(() => wordFiles(server)).toContain("words.sqlite3");
  expect(await found(page, NAME)).toEqual([]);
  await show(FIELDS);
  await typeAll(page, TEXTS.slice(2));
  await expect.poll(() => found(page, NAME.toLowerCase())).toEqual([`${NAME}in 3 textsRemove`]);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export words" }).click(),
  ]);
  const exported = await readFile(await download.path());
  expect(exported.toString()).toContain(NAME);
  expect(await kept(server)).toContain(NAME.slice(1));

  await page.getByRole("button", { name: "Forget all words" }).click();
  await page.getByRole("button", { name: "Forget all", exact: true }).click();
  await expect(page.locator("#words-outcome")).toHaveText("All words were forgotten.");
  await expect(page.locator("#word-count")).toContainText("There are no words yet.");
  expect(await kept(server)).not.toContain(NAME.slice(1));

  const file = { name: "words.json", mimeType: "application/json" };
  await page.locator("#word-file").setInputFiles({ ...file, buffer: Buffer.from('{"words": []}') });
  await expect(page.locator("#words-outcome")).toHaveText(
    "This is not a file with exported words. Nothing has changed.",
  );
  await page.locator("#word-file").setInputFiles({ ...file, buffer: exported });
  await expect(page.locator("#words-outcome")).toHaveText("The words of the file were added.");
  await page.getByRole("button", { name: `Remove “${NAME}”`, exact: true }).click();
  await expect(page.locator("#list-outcome")).toContainText(`“${NAME}” is removed`);
  expect(await found(page, NAME)).toEqual([]);
});

/** It empties its field when Enter sends the message. */
const CHAT = `<textarea id="field0"></textarea><script>
  document.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.target.value = "";
  });
</script>`;

test("the messages of a chat are learnt, although its field never loses the focus; deleted text is not", async ({
  page,
  show,
  browserContext,
}) => {
  await prefer(browserContext, { learnWords: true });
  await show(CHAT);
  await page.locator("#field0").click();
  for (const text of TEXTS) {
    await page.keyboard.type(text.replace(NAME, "Wobblethorpe"), { delay: 15 });
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.type(text.replace(NAME, "Bramblewick"), { delay: 15 });
    await page.keyboard.press("Enter");
    await expect(page.locator("#field0")).toHaveValue("");
  }
  await page.locator("#field0").blur();
  await expect.poll(() => found(page, "bramblewick")).toEqual(["Bramblewickin 3 textsRemove"]);
  expect(await found(page, "wobblethorpe")).toEqual([]);
});

test("what was typed before learning was switched off in the same field is not learnt", async ({
  page,
  show,
  browserContext,
}) => {
  await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
  for (const text of TEXTS) {
    await prefer(browserContext, { learnWords: true });
    await show(FIELDS);
    await page.locator("#field0").click();
    await page.keyboard.type(text.replace(NAME, "Zanderfield"), { delay: 15 });
    await prefer(browserContext, { learnWords: false });
    await page.keyboard.type(" and so on", { delay: 15 });
    await page.locator("#field0").blur();
  }
  expect(await found(page, "Zanderfield")).toEqual([]);
});

test("a phrase is added by hand, and a text that the server cannot use is refused", async ({ page }) => {
  await found(page, "Ada Lovelace");
  const field = page.getByLabel("Add a word or a phrase");
  await field.fill("  Ada   Lovelace ");
  await field.press("Enter");
  await expect(page.locator("#word-outcome")).toHaveText("“Ada Lovelace” is added.");
  await field.fill("x".repeat(100));
  await field.press("Enter");
  await expect(page.locator("#word-outcome")).toContainText("The server cannot use this text");
  expect(await found(page, "lovelace")).toEqual(["Ada Lovelaceadded by youRemove"]);
});

test("a name that was typed in three texts is suggested in the next one", async ({
  page,
  show,
  ghost,
  browserContext,
}) => {
  await prefer(browserContext, { learnWords: true });
  await show(FIELDS);
  await typeAll(page, TEXTS);
  await expect.poll(() => found(page, NAME)).toEqual([`${NAME}in 3 textsRemove`]);
  await show(FIELDS);
  await page.locator("#field0").click();
  await page.keyboard.type("Please ask Quibb", { delay: 100 });
  await expect.poll(() => ghost.text()).toMatch(/^leworth/);
});
