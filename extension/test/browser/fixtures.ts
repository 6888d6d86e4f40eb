import { fileURLToPath } from "node:url";
import { type BrowserContext, test as base, chromium, expect, type Page } from "@playwright/test";
import { CHROMIUM, FLAGS } from "./chromium.ts";
import { Ghost } from "./ghost.ts";
import { CODE, ScriptedServer } from "./scripted-server.ts";

const EXTENSION = fileURLToPath(new URL("../../.output/chrome-mv3", import.meta.url));
export const EXTENSION_ID = "ijfnigekiijgjonokmjdlocconcionjf";
export const OPTIONS = `chrome-extension://${EXTENSION_ID}/options.html`;

export const WELCOME = `chrome-extension://${EXTENSION_ID}/welcome.html`;

interface Installing {
  readonly deviceScaleFactor?: number;
  /** Of the browser. */
  readonly language?: string;
  /** More flags of Chromium. */
  readonly flags?: readonly string[];
  /** The folder of the extension. Default: the one that was built here. */
  readonly extension?: string;
}

/** A Chromium in which the extension was just installed. Its welcome page opens by itself some time later. */
export function install({
  deviceScaleFactor = 1,
  language = "en-US",
  flags = [],
  extension = EXTENSION,
}: Installing = {}): Promise<BrowserContext> {
  return chromium.launchPersistentContext("", {
    deviceScaleFactor,
    executablePath: CHROMIUM,
    headless: false,
    viewport: { width: 1000, height: 700 },
    // On Linux, Chromium takes its language from the environment.
    env: { ...process.env, LANGUAGE: language.replace("-", "_") } as Record<string, string>,
    args: [
      ...FLAGS,
      ...flags,
      `--lang=${language}`,
      `--load-extension=${extension}`,
      `--disable-extensions-except=${extension}`,
    ],
  });
}

/** The page that opens when the extension is installed. */
export async function welcomeOf(context: BrowserContext): Promise<Page> {
  const find = () => context.pages().find((page) => page.url() === WELCOME);
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return find() as Page;
}

/**
 * Grants in advance what the extension is going to request, because no test reaches the window in which the browser would ask. This alone
 * allows nothing: the extension still has to request it, during a click.
 */
export async function willAllow(context: BrowserContext, ...patterns: string[]): Promise<void> {
  const page = await context.newPage();
  await page.goto("chrome://extensions");
  await page.evaluate(
    async ([id, hosts]) => {
      const { developerPrivate } = (globalThis as unknown as { chrome: Settings }).chrome;
      for (const host of hosts) await developerPrivate.addHostPermission(id, host);
    },
    [EXTENSION_ID, patterns] as const,
  );
  await page.close();
}

/** The part of the API of chrome://extensions that is used here. */
interface Settings {
  readonly developerPrivate: { addHostPermission(id: string, host: string): Promise<void> };
}

export const ALL_SITES = ["http://*/*", "https://*/*"];

/**
 * A Chromium with the built extension, allowed on all sites. Its welcome page was closed: if it opened during a test, it would take the
 * focus. `deviceScaleFactor`: how many pixels of a screenshot show one pixel of the page.
 */
export async function launch(options: Installing = {}): Promise<BrowserContext> {
  const context = await install(options);
  const welcome = await welcomeOf(context);
  await willAllow(context, ...ALL_SITES);
  await welcome.getByRole("button", { name: "All sites" }).click();
  await expect.poll(() => scriptsOf(context)).toEqual(expect.arrayContaining(ALL_SITES));
  await welcome.close();
  return context;
}

/** The match patterns of the pages to which the browser adds the extension's scripts. */
export function scriptsOf(context: BrowserContext): Promise<string[]> {
  return inWorker(context, "chrome.scripting.getRegisteredContentScripts().then(([one]) => one?.matches ?? [])");
}

/** The value of an expression in the extension's service worker. */
export async function inWorker<Value>(context: BrowserContext, expression: string): Promise<Value> {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  return worker.evaluate(expression) as Promise<Value>;
}

/** The tooltip of the toolbar icon. */
export const iconTitleIn = (context: BrowserContext): Promise<string> =>
  inWorker(context, "chrome.action.getTitle({})");

/** Connects the extension as a user does. */
export async function pair(page: Page, address: string, secret: string): Promise<void> {
  await page.goto(OPTIONS);
  await page.getByLabel("Server address").fill(address);
  await page.getByLabel("Pairing code or token").fill(secret);
  await page.getByRole("button", { name: "Connect" }).click();
}

/** Turns code editors on or off, as the options page does. */
export async function allowCode(context: BrowserContext, codeToo: boolean): Promise<void> {
  await inWorker(context, `chrome.storage.local.set({ preferences: { codeToo: ${codeToo} } })`);
}

interface OfWorker {
  server: ScriptedServer;
  browserContext: BrowserContext;
}

interface OfTest {
  page: Page;
  ghost: Ghost;
  /** Opens a page with this body and, if `typed` is given, types it into `#field`. */
  show(body: string, typed?: string): Promise<void>;
  /** Everything that the page wrote to its console. */
  noise: string[];
}

/** A Chromium with the extension, paired with a scripted server. Each test gets a new page, and a server without earlier requests. */
export const test = base.extend<OfTest, OfWorker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const server = new ScriptedServer();
      await server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  browserContext: [
    async ({ server }, use) => {
      const context = await launch();
      const page = await context.newPage();
      await pair(page, server.origin, CODE);
      await expect(page.getByRole("status")).toContainText("Connected.");
      await page.close();
      await use(context);
      await context.close();
    },
    { scope: "worker" },
  ],
  page: async ({ browserContext, server }, use) => {
    server.received.length = 0;
    server.script = () => "";
    server.replaces = () => 0;
    server.knowledge = "knows the token";
    const page = await browserContext.newPage();
    await use(page);
    await page.close();
  },
  ghost: async ({ page }, use) => use(new Ghost(page)),
  noise: async ({ page }, use) => {
    const noise: string[] = [];
    page.on("console", (message) => noise.push(message.text()));
    page.on("pageerror", (error) => noise.push(String(error)));
    await use(noise);
  },
  show: async ({ page, server }, use) => {
    await use(async (body, typed) => {
      server.pages.set(
        "/page",
        `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,"><body>${body}`,
      );
      await page.goto(`${server.origin}/page`);
      if (typed === undefined) return;
      await page.locator("#field").click();
      await page.keyboard.type(typed);
    });
  },
});

export { expect };
