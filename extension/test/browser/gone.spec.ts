import { expect, type Page, test } from "@playwright/test";
import { launch, pair } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { CODE, knows, ScriptedServer } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response";

const PAGE = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
<textarea id="field"></textarea><div id="rich" contenteditable="true">Thanks</div>`;

/** What a page can see of itself. */
const traces = (page: Page) =>
  page.evaluate(() => ({
    children: [...document.documentElement.children].map(({ localName }) => localName),
    attributes: document.documentElement.getAttributeNames().concat(document.body.getAttributeNames()),
    globals: Object.keys(window).filter((name) => /foretype|wxt/i.test(name)),
  }));

const NOTHING = { children: ["head", "body"], attributes: [], globals: [] };

test("an extension that is taken away leaves nothing on the pages that are open", async () => {
  const server = new ScriptedServer();
  await server.start();
  server.script = knows(SENTENCE);
  server.pages.set("/page", PAGE);
  const context = await launch();
  const page = await context.newPage();
  const noise: string[] = [];
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(String(error)));
  await pair(page, server.origin, CODE);
  await expect(page.getByRole("status")).toContainText("Connected.");
  await page.goto(`${server.origin}/page`);
  const ghost = new Ghost(page);
  await page.locator("#field").click();
  await page.keyboard.type("Thanks");
  await ghost.expectText(" for the quick response");

  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  // An extension that was loaded by a flag does not come back from this, and the worker ends in the middle of it.
  await worker.evaluate("chrome.runtime.reload()").catch(() => {});
  // What was on the screen goes with it, and needs no key for that.
  await expect.poll(() => traces(page), { timeout: 15_000 }).toEqual(NOTHING);

  await page.keyboard.type(" for");
  await expect(page.locator("#field")).toHaveValue("Thanks for");
  await page.keyboard.press("Tab");
  await expect(page.locator("#rich")).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.type(" for");
  await expect(page.locator("#rich")).toHaveText("Thanks for");
  await page.keyboard.press("Control+z");
  await page.locator("#field").click();
  await page.mouse.wheel(0, 40);
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  expect(await traces(page)).toEqual(NOTHING);
  expect(noise).toEqual([]);
  await context.close();
  await server.stop();
});
