import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { picturesInAllSchemes, problemsInAllSchemes } from "./accessibility.ts";
import { EXTENSION_ID, expect, inWorker, launch, OPTIONS, pair, test } from "./fixtures.ts";
import { CODE, type ScriptedServer } from "./scripted-server.ts";

/** Which keystrokes may be learnt, and the list of the user's words in the options. `real-words.spec.ts` does the same with the real server. */

const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';

test.beforeEach(({ server }) => {
  server.words.clear();
  server.wordRequests.length = 0;
});
test.afterEach(({ browserContext }) =>
  inWorker(browserContext, 'chrome.storage.local.remove(["preferences", "asked-to-learn"])'),
);

const learnt = (server: ScriptedServer) => server.keystrokes.map(({ before, learn }) => [before, learn ?? false]);

test("nothing is learnt until the user switches it on, and nothing more after it is switched off", async ({
  page,
  server,
  show,
  browserContext,
}) => {
  await show(TEXTAREA, "a");
  await expect.poll(() => learnt(server)).toEqual([["a", false]]);
  const options = await browserContext.newPage();
  await options.goto(OPTIONS);
  const learning = options.getByLabel("Learn the words that I type");
  await expect(learning).not.toBeChecked();
  await learning.check();
  await page.bringToFront();
  await page.keyboard.type("b");
  await expect.poll(() => learnt(server).at(-1)).toEqual(["ab", true]);
  await options.bringToFront();
  await learning.uncheck();
  await page.bringToFront();
  await page.keyboard.type("c");
  await expect.poll(() => learnt(server).at(-1)).toEqual(["abc", false]);
  await options.close();
});

for (const [name, preferences] of [
  ["on a site that is off, the key for one suggestion", { sitesOff: ["127.0.0.1"] }],
  ["during a pause, the key for one suggestion", { pausedUntil: 4e12 }],
] as const)
  test(`${name} lets nothing be learnt`, async ({ page, server, show, browserContext }) => {
    const kept = JSON.stringify({ learnWords: true, ...preferences });
    await inWorker(browserContext, `chrome.storage.local.set({ preferences: ${kept} })`);
    await show(TEXTAREA, "Hello");
    await page.keyboard.press("Control+Space");
    await expect.poll(() => learnt(server)).toEqual([["Hello", false]]);
  });

test("the extension's own pages are not learnt from", async ({ page, server, browserContext }) => {
  await inWorker(browserContext, "chrome.storage.local.set({ preferences: { learnWords: true } })");
  await page.goto(`chrome-extension://${EXTENSION_ID}/welcome.html`);
  await page.locator("#message").focus();
  await page.keyboard.press("End");
  await page.keyboard.type("s");
  await expect.poll(() => learnt(server).at(-1)?.[1]).toBe(false);
});

test("private windows are not learnt from", async ({ server }) => {
  const context = await launch();
  try {
    const page = await context.newPage();
    await pair(page, server.origin, CODE);
    await expect(page.getByRole("status")).toContainText("Connected.");
    await page.goto("chrome://extensions");
    // The extension restarts when this changes. Without the developer mode, Chromium would switch it off.
    await page.evaluate(async (id) => {
      const { developerPrivate } = (globalThis as unknown as { chrome: ExtensionsPage }).chrome;
      await developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
      await developerPrivate.updateExtensionConfiguration({ extensionId: id, incognitoAccess: true });
    }, EXTENSION_ID);
    await expect(async () => {
      await page.goto(OPTIONS);
      await page.getByLabel("Learn the words that I type").check();
    }).toPass();
    server.pages.set("/page", `<!doctype html><html lang="en"><title>A page</title><body>${TEXTAREA}`);
    await page.goto(`${server.origin}/page`);
    await page.locator("#field").click();
    await page.keyboard.type("open");
    await expect.poll(() => learnt(server).at(-1)).toEqual(["open", true]);

    const privately = await context.browser()?.newContext();
    if (!privately) throw new Error("The browser opens no private window");
    const hidden = await privately.newPage();
    await hidden.goto(`${server.origin}/page`);
    await hidden.locator("#field").click();
    await hidden.keyboard.type("hidden");
    await expect.poll(() => learnt(server).at(-1)).toEqual(["hidden", false]);
    expect(
      learnt(server)
        .filter(([before]) => "hidden".startsWith(String(before)))
        .some(([, learn]) => learn),
    ).toBe(false);
  } finally {
    await context.close();
  }
});

/** The part of the API of chrome://extensions that is used here. */
interface ExtensionsPage {
  readonly developerPrivate: {
    updateProfileConfiguration(update: { inDeveloperMode: boolean }): Promise<void>;
    updateExtensionConfiguration(update: { extensionId: string; incognitoAccess: boolean }): Promise<void>;
  };
}

const KNOWN = [
  { text: "Foretype", seen: 41, by_hand: false },
  { text: "Zoë Ångström", seen: 0, by_hand: true },
  { text: "Exampletown-on-the-Water", seen: 3, by_hand: false },
  { text: "kind regards from all of us", seen: 12, by_hand: false },
  { text: "Donaudampfschifffahrtsgesellschaftskapitänswitwe", seen: 1204, by_hand: false },
];
const answer = (words: object[], total = words.length, learning = true) =>
  [200, JSON.stringify({ learning, total, words })] as const;

const section = (page: Page) => page.locator('section[aria-labelledby="words"]');
const rows = (page: Page) => page.locator("#word-list li");
const outcome = (page: Page) => page.locator("#word-outcome");
const outcomeOfAll = (page: Page) => page.locator("#words-outcome");

async function openWords(page: Page): Promise<void> {
  await page.goto(OPTIONS);
  await page.getByText("Show and change your words").click();
}

test("the options ask the server for words only when the user opens the list, and the page has no problems", async ({
  page,
  server,
}) => {
  server.words.set("GET /v1/words", answer(KNOWN));
  await page.goto(OPTIONS);
  await expect(page.getByLabel("Learn the words that I type")).toBeVisible();
  expect(server.wordRequests).toEqual([]);
  await openWords(page);
  await expect(rows(page)).toHaveCount(5);
  await expect(rows(page).first()).toHaveText("Foretypein 41 textsRemove");
  await expect(rows(page).nth(1)).toHaveText("Zoë Ångströmadded by youRemove");
  await expect(page.locator("#word-count")).toHaveText("5 words and phrases");
  await picturesInAllSchemes(page, "options-words", section(page));
  await page.getByRole("button", { name: "Forget all words" }).click();
  await picturesInAllSchemes(page, "options-words-forget", section(page));
  expect(await problemsInAllSchemes(page)).toEqual([]);
});

test("the list can be searched, and shows more words when the user wants them", async ({ page, server }) => {
  const many = Array.from({ length: 50 }, (_, index) => ({ text: `word${index}`, seen: 3, by_hand: false }));
  server.words.set("GET /v1/words", answer(many, 52));
  await openWords(page);
  await expect(rows(page)).toHaveCount(50);
  server.words.set("GET /v1/words", answer(KNOWN.slice(0, 2), 52));
  await page.getByRole("button", { name: "Show more" }).click();
  await expect(rows(page)).toHaveCount(52);
  await expect(page.getByRole("button", { name: "Remove “Foretype”" })).toBeFocused();
  await expect(page.getByRole("button", { name: "Show more" })).toBeHidden();
  server.words.set("GET /v1/words", answer([], 0));
  await page.getByLabel("Search", { exact: true }).fill("xyz");
  await expect(page.locator("#word-count")).toHaveText("No word contains “xyz”.");
  await expect(page.getByRole("button", { name: "Forget all words" })).toBeEnabled();
  expect(server.wordRequests.map(({ url }) => url)).toEqual([
    "/v1/words?search=&limit=50&offset=0",
    "/v1/words?search=&limit=50&offset=50",
    "/v1/words?search=xyz&limit=50&offset=0",
  ]);
});

test("with no words yet, the page says when there will be some", async ({ page, server }) => {
  server.words.set("GET /v1/words", answer([]));
  await openWords(page);
  await expect(page.locator("#word-count")).toContainText("There are no words yet.");
  // The server also keeps what it has seen once or twice.
  await expect(page.getByRole("button", { name: "Export words" })).toBeEnabled();
  await expect(page.getByRole("button", { name: "Forget all words" })).toBeEnabled();
  await picturesInAllSchemes(page, "options-words-empty", section(page));
  await page.getByLabel("Add a word").press("Enter");
  await expect(outcome(page)).toHaveText("Type a word or a phrase.");
  // The server leaves out what it cannot use.
  server.words.set("POST /v1/words", [200, '{"total": 0}']);
  await page.getByLabel("Add a word").fill("x".repeat(65));
  await page.keyboard.press("Enter");
  await expect(outcome(page)).toContainText("The server cannot use this text");
  await expect(page.getByLabel("Add a word")).toBeFocused();
  await expectErrorBelow(page, page.getByLabel("Add a word"), outcome(page));
  await picturesInAllSchemes(page, "options-words-refused", section(page));
  await page.getByLabel("Add a word").fill("Ada");
  await expect(outcome(page)).toHaveText("");
  await expect(page.getByLabel("Add a word")).not.toHaveAttribute("aria-invalid");
});

/** The sentence is an error, right below its field, and looks like one. */
async function expectErrorBelow(page: Page, field: Locator, sentence: Locator): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", forcedColors: null });
  await expect(field).toHaveAttribute("aria-invalid", "true");
  const [above, below] = [await field.boundingBox(), await sentence.boundingBox()];
  if (!above || !below) throw new Error("The field or its sentence is not shown");
  const gap = below.y - (above.y + above.height);
  expect(gap).toBeGreaterThanOrEqual(0);
  expect(gap).toBeLessThan(16);
  expect(await colourOf(sentence)).toBe(await colourOf(page.locator("#forget-now")));
  expect(await colourOf(sentence)).not.toBe(await colourOf(page.locator("#words-kept")));
}

const colourOf = (one: Locator) => one.evaluate((element) => getComputedStyle(element).color);

test("the button that forgets all words does not look like one that connects, also in forced colours", async ({
  page,
  server,
}) => {
  server.words.set("GET /v1/words", answer(KNOWN));
  await openWords(page);
  await page.getByRole("button", { name: "Forget all words" }).click();
  const [forget, connect, cancel] = [
    page.locator("#forget-now"),
    page.locator("#pairing .main"),
    page.locator("#forget-cancel"),
  ];
  const looks = (one: Locator) =>
    one.evaluate((element) => {
      const { backgroundColor, color, borderTopWidth } = getComputedStyle(element);
      return [backgroundColor, color, borderTopWidth].join(" ");
    });
  for (const media of [
    { colorScheme: "light", forcedColors: null },
    { colorScheme: "dark", forcedColors: null },
    { colorScheme: "dark", forcedColors: "active" },
  ] as const) {
    await page.emulateMedia(media);
    const danger = await looks(forget);
    expect([await looks(connect), await looks(cancel)]).not.toContain(danger);
  }
});

const TROUBLES: Record<string, readonly [readonly [number, string] | null, string]> = {
  "is too old": [null, "cannot learn words yet. Update Foretype"],
  "is not allowed to learn": [answer([], 0, false), "its administrator has switched learning off"],
  "cannot read its file": [[500, "{}"], "could not read or store the words"],
  "no longer knows the token": [[401, "{}"], "does not accept this token"],
};

for (const [name, [given, sentence]] of Object.entries(TROUBLES))
  test(`if the server ${name}, the page says so`, async ({ page, server }) => {
    if (given) server.words.set("GET /v1/words", given);
    await openWords(page);
    await expect(page.locator("#words-trouble")).toContainText(sentence);
    await expect(page.locator("#words-known")).toBeHidden();
    if (name === "is too old") await picturesInAllSchemes(page, "options-words-trouble", section(page));
  });

test("if the server is unreachable or another program answers, the page says so, and the token is not sent", async ({
  page,
  server,
  browserContext,
}) => {
  server.words.set("GET /v1/words", answer(KNOWN));
  server.knowledge = "proves nothing";
  await openWords(page);
  await expect(page.locator("#words-trouble")).toContainText("is not a Foretype server");
  expect(server.wordRequests).toEqual([]);
  const { server: paired } = await inWorker<{ server: object }>(browserContext, "chrome.storage.local.get('server')");
  const pairWith = (other: object) =>
    inWorker(browserContext, `chrome.storage.local.set({ server: ${JSON.stringify(other)} })`);
  try {
    await pairWith({ ...paired, origin: "http://127.0.0.1:9" });
    await expect(page.locator("#words-trouble")).toContainText("No server answers at http://127.0.0.1:9.");
    await inWorker(browserContext, "chrome.storage.local.remove('server')");
    await expect(page.locator("#words-trouble")).toContainText("Not connected yet.");
  } finally {
    await pairWith(paired);
  }
});

test("words are exported as the server gives them, and a file that it refuses changes nothing", async ({
  page,
  server,
}) => {
  server.words.set("GET /v1/words", answer(KNOWN));
  server.words.set("GET /v1/words/export", [200, '{"words": ["Foretype"]}']);
  server.words.set("POST /v1/words/import", [400, "{}"]);
  await openWords(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export words" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^foretype-words-\d{4}-\d\d-\d\d\.json$/);
  expect(await readFile(await download.path(), "utf8")).toBe('{"words": ["Foretype"]}');
  await expect(outcomeOfAll(page)).toContainText("The words were exported to foretype-words-");
  const file = { name: "words.json", mimeType: "application/json", buffer: Buffer.from("Dear Ann,") };
  await page.locator("#word-file").setInputFiles(file);
  await expect(outcomeOfAll(page)).toHaveText("This is not a file with exported words. Nothing has changed.");
  await expect(outcomeOfAll(page)).toHaveAttribute("data-tone", "bad");
  expect(server.wordRequests.at(-1)?.body).toBe("Dear Ann,");
});

test("the welcome page asks whether words are learnt: nothing is chosen before the user answers, and the options can change it", async ({
  page,
  browserContext,
}) => {
  await page.goto(`chrome-extension://${EXTENSION_ID}/welcome.html`);
  const step = page.locator("#learn-step");
  const [yes, no] = [
    step.getByRole("button", { name: "Learn my words" }),
    step.getByRole("button", { name: "Learn nothing" }),
  ];
  await expect(step).not.toHaveAttribute("data-done");
  for (const one of [yes, no]) await expect(one).toHaveAttribute("aria-pressed", "false");
  await no.click();
  await expect(no).toHaveAttribute("aria-pressed", "true");
  await expect(step).toHaveAttribute("data-done", "");
  await yes.click();
  await expect(yes).toHaveAttribute("aria-pressed", "true");
  await picturesInAllSchemes(page, "welcome-learn", step);
  const stored = await inWorker<{ preferences: { learnWords: boolean } }>(
    browserContext,
    "chrome.storage.local.get('preferences')",
  );
  expect(stored.preferences.learnWords).toBe(true);
  await page.goto(OPTIONS);
  await expect(page.getByLabel("Learn the words that I type")).toBeChecked();
  await page.getByLabel("Learn the words that I type").uncheck();
  await page.goto(`chrome-extension://${EXTENSION_ID}/welcome.html`);
  await expect(no).toHaveAttribute("aria-pressed", "true");
});
