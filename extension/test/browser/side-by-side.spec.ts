import { test as base, chromium, expect, type Page } from "@playwright/test";
import { picturesInAllSchemes, problemsInAllSchemes, problemsOn } from "./accessibility.ts";
import { CHROMIUM, FLAGS } from "./chromium.ts";
import { Ghost } from "./ghost.ts";
import { openPlayground } from "./playground-page.ts";
import { knows, PLAYGROUND, type Script, ScriptedServer, TOKEN } from "./scripted-server.ts";

interface Fixtures {
  server: ScriptedServer;
  page: Page;
}

const SMALL = knows("Thanks for the quick answer");
const LARGE = knows("Thanks for the quick response to my letter");
const byModel: Script = (keystroke) => (keystroke.model === "large" ? LARGE : SMALL)(keystroke);

const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  server: async ({}, use) => {
    const server = new ScriptedServer();
    server.servePlayground(PLAYGROUND);
    server.models = ["small", "large"];
    server.script = byModel;
    await server.start();
    await use(server);
    await server.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: likewise
  page: async ({}, use) => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const context = await browser.newContext();
    await use(await context.newPage());
    await browser.close();
  },
});

const panel = (page: Page) => page.getByRole("region", { name: "Side by side" });
const box = (page: Page) => page.getByRole("textbox", { name: "Side by side" });
const column = (page: Page, model: string) => page.getByRole("article", { name: model });

async function type(page: Page, text: string): Promise<void> {
  await box(page).fill("");
  await page.keyboard.type(text);
}

test("what each model suggests for the same text stands side by side, with its time and its source", async ({
  page,
  server,
}) => {
  await openPlayground(page, server.origin, TOKEN);
  await expect(page.getByText("Models loaded: small, large")).toBeVisible();
  await type(page, "Thanks for the qui");
  await expect(column(page, "small").locator(".line")).toHaveText("Thanks for the quick answer");
  await expect(column(page, "large").locator(".line")).toHaveText("Thanks for the quick response to my letter");
  for (const model of server.models) {
    await expect(column(page, model).locator(".time")).toHaveText(/^[\d.]+ ms$/);
    await expect(column(page, model).locator(".median")).toHaveText(/^[\d.]+ ms$/);
    await expect(column(page, model).locator(".source")).toHaveText("Tree");
    await expect(column(page, model).locator(".likely")).toHaveText("90 %");
  }
  const boxes = await Promise.all(server.models.map((model) => column(page, model).boundingBox()));
  expect(boxes[0]?.y).toBe(boxes[1]?.y);
  expect(boxes[1]?.x).toBeGreaterThan((boxes[0]?.x ?? 0) + (boxes[0]?.width ?? 0));
  // Ghost text would come from the default model alone.
  expect(await new Ghost(page).text()).toBeNull();
});

test("by the keyboard alone, one model's suggestion is inserted, undone, and the other one's is inserted", async ({
  page,
  server,
}) => {
  await openPlayground(page, server.origin, TOKEN);
  await type(page, "Thanks for the qui");
  await expect(column(page, "large").locator(".line")).toHaveText(/response to my letter$/);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Insert the suggestion of small" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(box(page)).toHaveValue("Thanks for the quick answer");
  await expect(box(page)).toBeFocused();
  await expect(column(page, "large").locator(".line")).toHaveText("No suggestion.");
  await page.keyboard.press("Control+z");
  await expect(box(page)).toHaveValue("Thanks for the qui");
  await expect(column(page, "large").locator(".line")).toHaveText(/response to my letter$/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await expect(box(page)).toHaveValue("Thanks for the quick response to my letter");
  await expect(page.locator("#saved")).toHaveText("0");
});

test("typed text is one undo step, although the columns change at each key", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  const asked = () => server.keystrokes.filter(({ field }) => field.startsWith("side by side"));
  // The first letter after a deletion would be a step of its own, also without columns.
  await box(page).evaluate((one: HTMLTextAreaElement) => {
    one.value = "";
    one.focus();
  });
  const text = "Thanks for the qui";
  for (const [number, letter] of [...text].entries()) {
    await page.keyboard.type(letter);
    const typed = text.slice(0, number + 1);
    await expect.poll(() => asked().filter(({ before }) => before === typed).length).toBe(2);
  }
  await expect(column(page, "large").locator(".line")).toHaveText(/letter$/);
  await page.keyboard.press("Control+z");
  await expect(box(page)).toHaveValue("");
});

test("if the caret moves, the models are asked for what stands there", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await type(page, "Thanks for the qui. Bye");
  for (let count = 0; count < ". Bye".length; count++) await page.keyboard.press("ArrowLeft");
  await expect(column(page, "large").locator(".line")).toHaveText(/quick response to my letter$/);
  const newest = server.keystrokes.slice(-2);
  expect(newest.map(({ model }) => model).sort()).toEqual(["large", "small"]);
  for (const { before, after } of newest) expect([before, after]).toEqual(["Thanks for the qui", ". Bye"]);
});

test("a model is asked after the answer of the other one", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await expect(column(page, "large").locator(".time")).toHaveText(/ms$/);
  const asked = () => server.keystrokes.filter(({ field }) => field.startsWith("side by side"));
  const release = server.hold();
  const before = asked().length;
  await box(page).press("End");
  await page.keyboard.type("x");
  await expect.poll(() => asked().length).toBe(before + 1);
  await expect(column(page, "small").locator(".line")).toHaveText("…");
  release();
  await expect.poll(() => asked().length).toBe(before + 2);
  const [one, other] = asked().slice(-2);
  expect(one?.before).toBe(other?.before);
  expect(one?.model).not.toBe(other?.model);
});

test("the other fields of the page have the default model, and their keystrokes name none", async ({
  page,
  server,
}) => {
  await openPlayground(page, server.origin, TOKEN);
  await page.locator("#comment").click();
  await page.keyboard.type("Thanks for the qui");
  await new Ghost(page).expectText("ck answer");
  expect(server.keystrokes.at(-1)?.model).toBeUndefined();
});

test("with one model there is no panel, and nothing of its text is sent", async ({ page, server }) => {
  server.models = ["scripted"];
  await openPlayground(page, server.origin, TOKEN);
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  await expect(panel(page)).toBeHidden();
  await page.locator("#comment").click();
  await page.keyboard.type("ok");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("ok");
  expect(JSON.stringify(server.received)).not.toContain("invitation");
});

test("when the server comes back with another model, its column replaces the old one", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await type(page, "Thanks for the qui");
  await expect(column(page, "large").locator(".line")).toHaveText(/letter$/);
  await server.stop();
  server.models = ["small", "medium", "large"];
  await server.start();
  await expect(column(page, "medium").locator(".line")).toHaveText(/quick answer$/, { timeout: 20_000 });
  await expect(column(page, "large").locator(".line")).toHaveText(/letter$/);
});

test("the panel has no problem of accessibility in any colours, at twice the size and on a narrow screen", async ({
  page,
  server,
}) => {
  server.models = ["smollm2-135m", "a-model-with-a-very-long-name-with-random-weights"];
  await openPlayground(page, server.origin, TOKEN);
  await type(page, "Thanks for the qui");
  await expect(column(page, "smollm2-135m").locator(".line")).toHaveText(/quick answer$/);
  expect(await problemsInAllSchemes(page)).toEqual([]);
  await picturesInAllSchemes(page, "side-by-side", panel(page));
  await page.setViewportSize({ width: 320, height: 700 });
  await page.emulateMedia({ colorScheme: "light", forcedColors: null });
  expect(await problemsOn(page)).toEqual([]);
  await panel(page).screenshot({ path: "test-results/images/side-by-side-narrow.png" });
});

test("letters of a composition are not sent before it has ended", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await type(page, "Thanks for the qui");
  await expect(column(page, "small").locator(".line")).toHaveText("Thanks for the quick answer");
  const session = await page.context().newCDPSession(page);
  const letters = { text: "ck", selectionStart: 2, selectionEnd: 2 };
  await session.send("Input.imeSetComposition", letters);
  await expect(box(page)).toHaveValue("Thanks for the quick");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const sent = () => server.received.some(({ before }) => before === "Thanks for the quick");
  expect(sent()).toBe(false);
  await session.send("Input.insertText", { text: "ck" });
  await expect.poll(sent).toBe(true);
});
