import { readFile } from "node:fs/promises";
import type { BrowserContext, Page } from "@playwright/test";
import type { Snippet } from "../../src/snippets.ts";
import { picturesInAllSchemes, problemsInAllSchemes } from "./accessibility.ts";
import { DRAWN_ELSEWHERE, EDITOR_PAGES, Opened } from "./editor-pages.ts";
import { expect, inWorker, OPTIONS, test } from "./fixtures.ts";

/** The user's snippets: in the options, and in real editors. */

const ADDRESS = { trigger: ";addr", text: "12 High Street, Leeds" };
const REGARDS = { trigger: ";kr", text: "Kind regards,\nAnn" };
const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';
const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 3000 };

const keep = (context: BrowserContext, ...snippets: Snippet[]) =>
  inWorker(
    context,
    `chrome.storage.local.set({ preferences: { codeToo: true, snippets: ${JSON.stringify(snippets)} } })`,
  );
const kept = (context: BrowserContext) =>
  inWorker<Snippet[]>(
    context,
    "chrome.storage.local.get('preferences').then(({ preferences }) => preferences.snippets)",
  );

test.afterEach(({ browserContext }) => inWorker(browserContext, "chrome.storage.local.remove('preferences')"));

/** They lose line breaks, or undo each line by itself, so they get spaces. */
const JOINS_LINES = ["input", "Lexical", "CKEditor", "Draft.js", "Editor.js"];
/** No snippet is offered there. */
const WITHOUT = ["Monaco"];
for (const editor of EDITOR_PAGES.filter(({ name }) => !WITHOUT.includes(name) && !DRAWN_ELSEWHERE.test(name))) {
  test(`${editor.name}: one Tab replaces an abbreviation, and one Ctrl-Z brings it back`, async ({
    page,
    server,
    browserContext,
  }) => {
    await keep(browserContext, ADDRESS, REGARDS);
    const opened = await Opened.open(page, server, editor);
    await page.keyboard.type("Home: ;ad");
    await opened.ghost.expectText(ADDRESS.text);
    await page.keyboard.type("dr");
    await opened.ghost.expectText(ADDRESS.text);
    expect(JSON.stringify(server.received)).not.toContain("High Street");
    await page.keyboard.press("Tab");
    await expect.poll(() => opened.text(), SOON).toBe("Home: 12 High Street, Leeds");
    await opened.ghost.expectText(null);
    await page.keyboard.press("Control+z");
    await expect.poll(() => opened.text(), SOON).toBe("Home: ;addr");

    if (editor.standing) return;
    await opened.clear();
    await page.keyboard.type(";kr");
    await opened.ghost.expectText(JOINS_LINES.includes(editor.name) ? "Kind regards, Ann" : "Kind regards, ↵ Ann");
    await page.keyboard.press("Tab");
    const phrase = JOINS_LINES.includes(editor.name) ? "Kind regards, Ann" : REGARDS.text;
    await expect.poll(() => opened.text(), SOON).toBe(phrase);
    await page.keyboard.press("Control+z");
    await expect.poll(() => opened.text(), SOON).toBe(";kr");
  });
}

test("snippets work while the server is unreachable, and never in a password field", async ({
  page,
  ghost,
  show,
  browserContext,
}) => {
  await keep(browserContext, ADDRESS);
  const { server } = await inWorker<{ server: object }>(browserContext, "chrome.storage.local.get('server')");
  const pairWith = (paired: object) =>
    inWorker(browserContext, `chrome.storage.local.set({ server: ${JSON.stringify(paired)} })`);
  await show(`${TEXTAREA}<input id="secret" type="password">`);
  await pairWith({ ...server, origin: "http://127.0.0.1:9" });
  try {
    await page.locator("#field").click();
    await page.keyboard.type("Home: ;addr");
    await ghost.expectText(ADDRESS.text);
    await page.keyboard.press("Tab");
    await expect(page.locator("#field")).toHaveValue("Home: 12 High Street, Leeds");
    await page.locator("#secret").click();
    await page.keyboard.type(";addr");
    await page.keyboard.press("Tab");
    await expect(page.locator("#secret")).toHaveValue(";addr");
    await expect(page.locator("#secret")).not.toBeFocused();
  } finally {
    await pairWith(server);
  }
});

test("the clipboard is inserted when the snippet is taken, and only if the user has allowed it", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  await keep(browserContext, { trigger: ";ref", text: "Ref. {clipboard}, {date}" });
  const today = await inWorker<string>(
    browserContext,
    "new Intl.DateTimeFormat(undefined, { dateStyle: 'long' }).format()",
  );
  await browserContext.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
  await show(TEXTAREA, "See ;ref");
  await page.evaluate(() => navigator.clipboard.writeText("A-17\r\nB"));
  // The permission of the extension is missing: nothing is drawn, and Tab goes to the page.
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("See ;ref");
  await ghost.expectText(null);
  // No test reaches the browser's question, so the answer is put in its place.
  await inWorker(browserContext, "{ chrome.permissions.contains = async () => true; 0 }");
  await page.keyboard.type(" ;ref");
  await ghost.expectText(`Ref. {clipboard}, ${today}`);
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue(`See ;ref Ref. A-17\nB, ${today}`);
  await page.keyboard.press("Control+z");
  await expect(page.locator("#field")).toHaveValue("See ;ref ;ref");
  await inWorker(browserContext, "{ delete chrome.permissions.contains; 0 }");
});

const field = (page: Page) => ({
  trigger: page.getByLabel("Abbreviation"),
  text: page.getByLabel("Phrase", { exact: true }),
});
const outcome = (page: Page) => page.locator("#snippet-outcome");
const done = (page: Page) => page.locator("#snippet-done");
const rows = (page: Page) => page.locator("#snippet-list li");

async function add(page: Page, { trigger, text }: Snippet): Promise<void> {
  await field(page).trigger.fill(trigger);
  await field(page).text.fill(text);
  await page.locator("#snippet").getByRole("button", { name: "Add", exact: true }).click();
}

test("an inserted snippet counts as saved keystrokes, and the sentence about snippets names the key that inserts them", async ({
  page,
  ghost,
  show,
  browserContext,
}) => {
  await inWorker(browserContext, 'chrome.storage.local.remove("saved")');
  await keep(browserContext, ADDRESS);
  await show(TEXTAREA, ";addr");
  await ghost.expectText(ADDRESS.text);
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue(ADDRESS.text);
  // 21 characters, for 5 keys and Tab.
  await page.goto(OPTIONS);
  await expect(page.locator("#savings-rows tr").first()).toHaveText(/Today15/);
  const lead = page.locator("#snippet-key");
  await expect(lead).toHaveText("Tab");
  await expect(page.locator("#amount-line")).toContainText("because Tab also leads to the next field");
  const store = (keys: object) =>
    inWorker(browserContext, `chrome.storage.local.set({ preferences: { keys: ${JSON.stringify(keys)} } })`);
  await store({ word: "Ctrl+j" });
  await expect(lead).toHaveText("Ctrl + j");
  await expect(page.locator("#amount-line")).not.toContainText("Tab");
  await store({ word: "" });
  await expect(lead).toHaveText("→");
});

test("the options add, check, change and delete snippets", async ({ page, browserContext }) => {
  await page.goto(OPTIONS);
  await add(page, REGARDS);
  await expect(done(page)).toHaveText("“;kr” is saved. Type it in a text field, and its phrase appears.");
  await expect(rows(page).and(page.locator("[data-saved]"))).toHaveText(/;kr/);
  // Below the list, above the form.
  expect(await page.locator("#snippet-done + form#snippet").count()).toBe(1);
  await field(page).trigger.pressSequentially(";");
  await expect(done(page)).toBeEmpty();
  await add(page, ADDRESS);
  await expect(rows(page)).toHaveCount(2);
  await add(page, { trigger: ";kr", text: "again" });
  await expect(outcome(page)).toHaveText("There is already a snippet with this abbreviation: ;kr");
  await expect(field(page).trigger).toBeFocused();
  await expect(field(page).trigger).toHaveAttribute("aria-invalid", "true");
  await add(page, { trigger: ";d", text: "On {day}" });
  await expect(outcome(page)).toHaveText("The variables are {date}, {time}, {clipboard}. This one is unknown: {day}");
  await expect(field(page).text).toBeFocused();

  await page.getByRole("button", { name: "Change ;addr" }).click();
  await field(page).trigger.fill(";home");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(done(page)).toContainText("“;home” is saved.");
  await page.getByRole("button", { name: "Delete ;kr" }).click();
  await expect(done(page)).toHaveText("“;kr” is deleted.");
  expect(await kept(browserContext)).toEqual([{ trigger: ";home", text: ADDRESS.text }]);
});

test("the section in the options has no problems in light, dark and forced colours", async ({
  page,
  browserContext,
}) => {
  test.setTimeout(90_000);
  await keep(browserContext, ADDRESS, REGARDS, {
    trigger: ";ref",
    text: `Ref. {clipboard}, ${"a long phrase ".repeat(20)}`,
  });
  await page.goto(OPTIONS);
  await page.getByRole("button", { name: "Change ;addr" }).click();
  await picturesInAllSchemes(page, "options-snippets");
  expect(await problemsInAllSchemes(page)).toEqual([]);
});

test("the options say so if the browser does not allow the clipboard", async ({ page }) => {
  // No test reaches the browser's question, so the answer is put in its place.
  await page.addInitScript("chrome.permissions.request = async () => false");
  await page.goto(OPTIONS);
  await add(page, { trigger: ";p", text: "{clipboard}" });
  await expect(outcome(page)).toHaveText(
    "The browser did not give permission to read the clipboard. Snippets with {clipboard} are not suggested until you allow it.",
  );
  await expect(page.locator("#snippet-clipboard")).toBeVisible();
});

test("snippets are exported as CSV and imported again; a wrong file changes nothing", async ({
  page,
  browserContext,
}) => {
  await keep(browserContext, ADDRESS, REGARDS);
  await page.goto(OPTIONS);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export snippets" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^foretype-snippets-\d{4}-\d\d-\d\d\.csv$/);
  const content = await readFile(await download.path(), "utf8");
  const choose = (text: string) =>
    page.locator("#snippet-file").setInputFiles({ name: "s.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await keep(browserContext, { ...ADDRESS, text: "old" });
  await expect(rows(page)).toHaveCount(1);
  await choose("a,b,c\n");
  await expect(outcome(page)).toHaveText(
    "Each line of the file needs two columns: the abbreviation and the phrase. Nothing has changed.",
  );
  await choose(content);
  await expect(outcome(page)).toHaveText("Imported: 2. Snippets with the same abbreviation were replaced.");
  expect(await kept(browserContext)).toEqual([ADDRESS, REGARDS]);
});
