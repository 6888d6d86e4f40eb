import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { launch, pair } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { REAL_TOKEN, RealServer } from "./real-server.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** The whole way, with nothing in its place that stands in for something: keys, extension, server, model, ghost text. */

const PAGE = `<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>A page to write in</title>
<link rel="icon" href="data:,">
<style>
  body { margin: 0; padding: 40px 48px; font: 16px/1.6 "Liberation Sans", sans-serif; background: light-dark(#f7f5f0, #131417); color: light-dark(#1e1c19, #eceae4) }
  textarea, input, [contenteditable] { display: block; box-sizing: border-box; width: 640px; margin: 6px 0 22px; padding: 12px 14px; border: 1px solid light-dark(#dcd7cc, #363a41); border-radius: 10px; background: light-dark(#fffefb, #1b1d21); color: inherit; font: 18px/1.6 "Liberation Serif", serif; outline-color: light-dark(#2f55c8, #8eabff) }
</style>
<body>
<label for="textarea">A message</label><textarea id="textarea" rows="3"></textarea>
<label for="input">A subject</label><input id="input">
<div id="label">A letter</div><div id="rich" contenteditable="true" role="textbox" aria-labelledby="label"></div>`;

interface OfWorker {
  server: RealServer;
  browserContext: BrowserContext;
  pages: ScriptedServer;
}

const test = base.extend<{ page: Page; ghost: Ghost }, OfWorker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const server = await RealServer.onFreePort();
      await server.start();
      await use(server);
      await server.kill();
    },
    // A model that was never loaded on this machine may have to be prepared.
    { scope: "worker", timeout: 300_000 },
  ],
  pages: [
    // biome-ignore lint/correctness/noEmptyPattern: likewise
    async ({}, use) => {
      const pages = new ScriptedServer();
      pages.pages.set("/page", PAGE);
      await pages.start();
      await use(pages);
      await pages.stop();
    },
    { scope: "worker" },
  ],
  browserContext: [
    async ({ server }, use) => {
      const context = await launch();
      const page = await context.newPage();
      await pair(page, server.address, REAL_TOKEN);
      await expect(page.getByRole("status")).toContainText("Connected.");
      await page.screenshot({ path: "test-results/images/options.png" });
      await page.close();
      await use(context);
      await context.close();
    },
    { scope: "worker" },
  ],
  page: async ({ browserContext, pages }, use) => {
    const page = await browserContext.newPage();
    await page.goto(`${pages.origin}/page`);
    await use(page);
    await page.close();
  },
  ghost: async ({ page }, use) => use(new Ghost(page)),
});

const CASES = [
  { selector: "#textarea", typed: "Please let me know if you have any que", word: "stions" },
  { selector: "#input", typed: "The meeting is sched", word: "uled" },
  { selector: "#rich", typed: "I hope this em", word: "ail" },
];

const written = (page: Page, selector: string) =>
  page.locator(selector).evaluate((field) => ("value" in field ? String(field.value) : field.textContent));

for (const { selector, typed, word } of CASES) {
  test(`in ${selector} the model finishes the word, and Tab takes it`, async ({ page, ghost }) => {
    await page.locator(selector).click();
    await page.keyboard.type(typed, { delay: 40 });
    await expect.poll(() => ghost.text()).toMatch(new RegExp(`^${word}`));
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      // Ghost text follows the field's colours: dark ink on light paper, and the other way round.
      const ink = async () => Number(/srgb ([\d.]+)/.exec((await ghost.style(["color"])).color ?? "")?.[1]);
      await expect.poll(async () => (await ink()) < 0.5).toBe(scheme === "light");
      const clip = { x: 0, y: 0, width: 736, height: 430 };
      await page.screenshot({ path: `test-results/images/${selector.slice(1)}-${scheme}.png`, clip });
    }
    await page.keyboard.press("Tab");
    expect(await written(page, selector)).toBe(typed + word);
    await page.keyboard.press("Control+z");
    expect(await written(page, selector)).toBe(typed);
  });
}

test("the server is killed in mid-typing: no key is lost, and it comes back by itself", async ({
  page,
  ghost,
  server,
}) => {
  test.setTimeout(120_000);
  await page.locator("#textarea").click();
  await page.keyboard.type("The meeting is sched", { delay: 40 });
  await expect.poll(() => ghost.text()).toMatch(/^uled/);
  await server.kill();
  await page.keyboard.type("uled for Monday. Please let me know", { delay: 10 });
  expect(await written(page, "#textarea")).toBe("The meeting is scheduled for Monday. Please let me know");
  await server.start();
  await page.keyboard.type(" if you have any que", { delay: 40 });
  await expect.poll(() => ghost.text(), { timeout: 30_000 }).toMatch(/^stions/);
  await page.keyboard.press("Tab");
  expect(await written(page, "#textarea")).toMatch(/any questions$/);
});

for (const [name, width, scheme] of [
  ["playground-light", 1280, "light"],
  ["playground-dark", 1280, "dark"],
  ["playground-narrow", 390, "light"],
] as const) {
  test(`the playground completes: ${name}`, async ({ page, ghost, server }) => {
    await page.setViewportSize({ width, height: 860 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${server.address}/#token=${REAL_TOKEN}`);
    await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
    const message = page.locator("#message");
    await message.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("ing, and it looks gr", { delay: 60 });
    await expect.poll(() => ghost.text()).toMatch(/^eat/);
    await page.keyboard.press("Tab");
    await page.keyboard.type(". Please let me know if you have any que", { delay: 60 });
    await expect.poll(() => ghost.text()).toMatch(/^stions/);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `test-results/images/${name}.png` });
  });
}
