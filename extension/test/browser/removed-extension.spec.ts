import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, expect, type Page, test, type Worker } from "@playwright/test";
import { CHROMIUM, FLAGS } from "./chromium.ts";
import { launch, pair, welcomeOf } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { CODE, knows, ScriptedServer } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response";

const PAGE = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
<textarea id="field"></textarea><div id="rich" contenteditable="true">Thanks</div>`;

/** The traces of the extension that a page can see. */
const traces = (page: Page) =>
  page.evaluate(() => ({
    children: [...document.documentElement.children].map(({ localName }) => localName),
    attributes: document.documentElement.getAttributeNames().concat(document.body.getAttributeNames()),
    globals: Object.keys(window).filter((name) => /foretype|wxt/i.test(name)),
  }));

const NOTHING = { children: ["head", "body"], attributes: [], globals: [] };

async function startServer(): Promise<ScriptedServer> {
  const server = new ScriptedServer();
  await server.start();
  server.script = knows(SENTENCE);
  server.pages.set("/page", PAGE);
  return server;
}

/** Everything that `page` writes to its console from now on. */
function noiseOf(page: Page): string[] {
  const noise: string[] = [];
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(String(error)));
  return noise;
}

/** Pairs the extension, and types into the page until ghost text is drawn. */
async function pageWithGhost(
  context: BrowserContext,
  server: ScriptedServer,
): Promise<{ page: Page; ghost: Ghost; noise: string[] }> {
  const page = await context.newPage();
  const noise = noiseOf(page);
  await pair(page, server.origin, CODE);
  await expect(page.getByRole("status")).toContainText("Connected.");
  await page.goto(`${server.origin}/page`);
  const ghost = new Ghost(page);
  await page.locator("#field").click();
  await page.keyboard.type("Thanks");
  await ghost.expectText(" for the quick response");
  return { page, ghost, noise };
}

test("an extension that is removed leaves nothing on open pages", async () => {
  const server = await startServer();
  const context = await launch();
  const untouched = await context.newPage();
  await untouched.goto(`${server.origin}/page`);
  const noiseOfUntouched = noiseOf(untouched);
  const { page, ghost, noise } = await pageWithGhost(context, server);

  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  // Without developer mode, an unpacked extension does not come back after this. The worker ends during the call.
  await worker.evaluate("chrome.runtime.reload()").catch(() => {});
  // Its ghost text goes too, without a key press.
  await expect.poll(() => traces(page), { timeout: 15_000 }).toEqual(NOTHING);
  await expect.poll(() => listeners(page)).toEqual({});

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
  // On a page in which nothing was written yet, the script finds out at the first field, and ends.
  await untouched.bringToFront();
  await untouched.locator("#field").click();
  await untouched.keyboard.type("Thanks");
  await expect(untouched.locator("#field")).toHaveValue("Thanks");
  expect(await listeners(untouched)).toEqual({});
  expect([...noise, ...noiseOfUntouched]).toEqual([]);
  await context.close();
  await server.stop();
});

/** The built extension with the permission to add its scripts to open pages, as an update does. */
async function withScripting(folder: string): Promise<string> {
  const path = join(folder, "extension");
  await cp(fileURLToPath(new URL("../../.output/chrome-mv3", import.meta.url)), path, { recursive: true });
  const file = join(path, "manifest.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as { permissions: string[] };
  manifest.permissions = [...new Set([...manifest.permissions, "scripting"])];
  await writeFile(file, JSON.stringify(manifest));
  return path;
}

/** A Chromium in which an unpacked extension comes back when it is reloaded. */
async function launchReloadable(extension: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext("", {
    executablePath: CHROMIUM,
    headless: false,
    viewport: { width: 1000, height: 700 },
    args: [...FLAGS, `--load-extension=${extension}`, `--disable-extensions-except=${extension}`],
  });
  const welcome = await welcomeOf(context);
  await welcome.goto("chrome://extensions");
  await welcome.evaluate("chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true })");
  return context;
}

/** Reloads the extension, as an update does, without waiting. Returns the worker of the new extension. */
function reload(context: BrowserContext, old: Worker): Promise<Worker> {
  const young = context.waitForEvent("serviceworker");
  void old.evaluate("chrome.runtime.reload()").catch(() => {});
  return young;
}

/**
 * Waits until the new extension has added its content script to the open tab. If it were added a second time in that moment, the script of the
 * page's own world could receive the name of the first one, which ends.
 */
async function untilAdded(worker: Worker): Promise<void> {
  const isHere = `(async () => {
    const [tab] = (await chrome.tabs.query({})).filter(({ url }) => url?.startsWith("http"));
    const func = () => globalThis.foretypeIsHere?.() ?? false;
    return (await chrome.scripting.executeScript({ target: { tabId: tab.id }, func }))[0].result;
  })()`;
  await expect.poll(() => worker.evaluate(isHere), { timeout: 15_000 }).toBe(true);
}

/** Adds the scripts of the new extension to the open tabs. */
function addToOpenTabs(worker: Worker): Promise<unknown> {
  return worker.evaluate(`(async () => {
    const tabs = (await chrome.tabs.query({})).filter(({ url }) => url?.startsWith("http"));
    const into = (tab, file, world) =>
      chrome.scripting.executeScript({ target: { tabId: tab.id }, files: ["content-scripts/" + file], world, injectImmediately: true });
    for (const tab of tabs) await Promise.all([into(tab, "content.js", "ISOLATED"), into(tab, "page.js", "MAIN")]);
  })()`);
}

/** The listeners on the window and the document, by type, of the scripts in all worlds. Those of the test itself are left out. */
async function listeners(page: Page): Promise<Record<string, number>> {
  const session = await page.context().newCDPSession(page);
  const worlds: number[] = [];
  session.on("Runtime.executionContextCreated", ({ context }) => worlds.push(context.id));
  await session.send("Runtime.enable");
  const found: Record<string, number> = {};
  for (const contextId of worlds) {
    for (const expression of ["window", "document"]) {
      const { result } = await session.send("Runtime.evaluate", { expression, contextId });
      const { listeners } = await session.send("DOMDebugger.getEventListeners", { objectId: result.objectId ?? "" });
      for (const { type } of listeners.filter(({ type }) => !OF_THE_TEST.test(type))) {
        const name = type.replace(EVENT_NAME, "the name that no page can guess");
        found[name] = (found[name] ?? 0) + 1;
      }
    }
  }
  await session.detach();
  return found;
}

/** What is listened to only while ghost text is drawn. */
const WHILE_DRAWN = ["animationstart", "load", "reset", "toggle", "transitionrun"];

const EVENT_NAME = /^[0-9a-f]+(-[0-9a-f]+){3}$/;
const OF_THE_TEST = /^(mouse|pointer|touch|click|auxclick|dblclick|contextmenu|__playwright)/;

test("after a reload of the extension it works on an open page again, and only once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "foretype-extension-"));
  const server = await startServer();
  const context = await launchReloadable(await withScripting(folder));
  const { page, ghost, noise } = await pageWithGhost(context, server);
  const ofOne = await listeners(page);
  expect(ofOne).toMatchObject({ input: 1, selectionchange: 1, "the name that no page can guess": 1 });

  const remains = await page.evaluate(() => document.documentElement.lastElementChild?.outerHTML ?? "");

  const [old] = context.serviceWorkers();
  const young = reload(context, old as Worker);
  await page.keyboard.type(" for the qui");
  await expect(page.locator("#field")).toHaveValue("Thanks for the qui");
  const worker = await young;
  // In Firefox the old ghost text stays on the page. Here it is put back, to test the same.
  await page.evaluate((remains) => document.documentElement.insertAdjacentHTML("beforeend", remains), remains);
  await untilAdded(worker);
  await addToOpenTabs(worker);
  await ghost.expectText("ck response");
  await expect.poll(() => listeners(page)).toEqual(ofOne);
  // Scripts may be added twice, when the allowed sites change. They must run only once.
  await addToOpenTabs(worker);
  await ghost.expectText("ck response");
  await expect.poll(() => listeners(page)).toEqual(ofOne);
  expect(await traces(page)).toEqual({ ...NOTHING, children: ["head", "body", "div"] });

  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue("Thanks for the quick");
  await ghost.expectText(" response");
  await expect.poll(() => server.of("accepted").map(({ text }) => text)).toEqual(["ck"]);
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  await page.keyboard.press("Tab");
  await expect(page.locator("#rich")).toBeFocused();

  const withoutGhost = Object.entries(ofOne).filter(([type]) => !WHILE_DRAWN.includes(type));
  await expect.poll(() => listeners(page)).toEqual(Object.fromEntries(withoutGhost));
  expect(noise).toEqual([]);
  await context.close();
  await server.stop();
  await rm(folder, { recursive: true });
});
