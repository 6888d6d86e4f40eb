import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { iconTitleIn, launch, pair } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { REAL_TOKEN, RealServer } from "./real-server.ts";

interface OfWorker {
  /** More `FORETYPE_…` variables of the server. */
  settings: NodeJS.ProcessEnv;
  server: RealServer;
  browserContext: BrowserContext;
}

interface OfTest {
  page: Page;
  ghost: Ghost;
  /** Opens a page of another site with this content. */
  show(html: string): Promise<void>;
  /** The tooltip of the toolbar icon. */
  iconTitle(): Promise<string>;
}

/** A Chromium with the extension, connected to the real server with the real model. */
export const test = base.extend<OfTest, OfWorker>({
  settings: [{}, { scope: "worker", option: true }],
  server: [
    async ({ settings }, use) => {
      const server = new RealServer(settings);
      try {
        await server.start();
        await use(server);
      } finally {
        await server.stop();
      }
    },
    { scope: "worker", timeout: 60_000 },
  ],
  browserContext: [
    async ({ server }, use) => {
      const context = await launch({ deviceScaleFactor: 2 });
      const page = await context.newPage();
      await pair(page, server.origin, REAL_TOKEN);
      await expect(page.getByRole("status")).toContainText("Connected.");
      await page.close();
      await use(context);
      await context.close();
    },
    { scope: "worker" },
  ],
  page: async ({ browserContext }, use) => {
    const page = await browserContext.newPage();
    await use(page);
    await page.close();
  },
  ghost: async ({ page }, use) => use(new Ghost(page)),
  show: async ({ page }, use) => {
    await use(async (html) => {
      const body = `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${html}`;
      await page.route("http://page.test/", (route) =>
        route.fulfill({ body, contentType: "text/html; charset=utf-8" }),
      );
      await page.goto("http://page.test/");
    });
  },
  iconTitle: async ({ browserContext }, use) => {
    await use(() => iconTitleIn(browserContext));
  },
});

export { expect };
