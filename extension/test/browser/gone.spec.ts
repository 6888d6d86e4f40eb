import { expect, test } from "@playwright/test";
import { launch, pair } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { CODE, knows, ScriptedServer } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response";

test("an extension that is taken away leaves nothing on the pages that are open", async () => {
  const server = new ScriptedServer();
  await server.start();
  server.script = knows(SENTENCE);
  server.pages.set(
    "/page",
    '<!doctype html><title>A page</title><link rel="icon" href="data:,"><textarea id="field"></textarea>',
  );
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
  // The browser does not tell the page's script: it finds out at the next key.
  await expect.poll(() => context.serviceWorkers().includes(worker)).toBe(false);
  await page.keyboard.type(" for");
  await ghost.expectText(null);
  await expect(page.locator("#field")).toHaveValue("Thanks for");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).not.toBeFocused();
  expect(noise).toEqual([]);
  await context.close();
  await server.stop();
});
