import { mkdir, writeFile } from "node:fs/promises";
import { type BrowserContext, test as base, type Page } from "@playwright/test";
import { DEFAULTS } from "../../src/preferences.ts";
import { settingsOf } from "../../src/settings.ts";
import { fileOf } from "../../src/settings-file.ts";
import { problemsOn } from "./accessibility.ts";
import {
  ALL_SITES,
  EXTENSION_ID,
  expect,
  install,
  OPTIONS,
  pair,
  scriptsOf,
  WELCOME,
  welcomeOf,
  willAllow,
} from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { RealPopup } from "./real-popup.ts";
import { CODE, knows, ScriptedServer } from "./scripted-server.ts";

/** The extension works only on allowed sites. */

const SENTENCE = "Thanks for the quick response";
const MAIL = "https://mail.test";
const OTHER = "https://other.test";
const THIS_MACHINE = ["http://127.0.0.1/*", "http://localhost/*"];

interface OfWorker {
  server: ScriptedServer;
  browserContext: BrowserContext;
}

interface OfTest {
  welcome: Page;
  /** Opens a page of this site in a new tab. */
  visit(origin: string, body?: string): Promise<Page>;
}

/** A paired browser without allowed sites. Before each test, the permissions of the previous test are removed. */
const test = base.extend<OfTest, OfWorker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const server = new ScriptedServer();
      server.script = knows(SENTENCE);
      await server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  browserContext: [
    async ({ server }, use) => {
      const context = await install();
      const welcome = await welcomeOf(context);
      await pair(welcome, server.origin, CODE);
      await expect(welcome.getByRole("status")).toContainText("Connected.");
      await willAllow(context, ...ALL_SITES, `${MAIL}/*`, `${OTHER}/*`);
      await use(context);
      await context.close();
    },
    { scope: "worker" },
  ],
  welcome: async ({ browserContext, server }, use) => {
    const page = await browserContext.newPage();
    await page.goto(WELCOME);
    await page.evaluate(async (always) => {
      const { permissions, storage } = (globalThis as unknown as { chrome: Extension }).chrome;
      const { origins } = await permissions.getAll();
      await permissions.remove({ origins: origins.filter((one) => !always.includes(one)) });
      await storage.local.remove(["sites", "preferences"]);
    }, THIS_MACHINE);
    await expect.poll(() => sitesOf(browserContext)).toEqual([]);
    // The page may have noticed the removal as if the user had done it.
    await page.reload();
    server.received.length = 0;
    await use(page);
    await page.close();
  },
  visit: async ({ browserContext }, use) => {
    const opened: Page[] = [];
    await use(async (origin, body = '<textarea id="field" rows="4" cols="70"></textarea>') => {
      const page = await browserContext.newPage();
      opened.push(page);
      await page.route(`${origin}/`, (route) =>
        route.fulfill({
          body: `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${body}`,
          contentType: "text/html",
        }),
      );
      await page.goto(`${origin}/`);
      return page;
    });
    for (const page of opened) await page.close();
  },
});

/** The sites on which the scripts run, without this machine. With the permission for all sites, Chromium removes this machine too, until its next start. */
async function sitesOf(context: BrowserContext): Promise<string[]> {
  return (await scriptsOf(context)).filter((one) => !THIS_MACHINE.includes(one));
}

/** The part of the extension API that is used here. */
interface Extension {
  readonly permissions: {
    request(wanted: object): Promise<boolean>;
    remove(wanted: object): Promise<boolean>;
    getAll(): Promise<{ origins: string[] }>;
  };
  readonly storage: { readonly local: { remove(keys: string[]): Promise<void> } };
}

async function type(page: Page, text: string): Promise<void> {
  await page.bringToFront();
  await page.locator("#field").click();
  await page.keyboard.type(text);
}

/** Types on a page that is not allowed. The page gets nothing from the extension, and the server gets nothing from the page. */
async function expectUntouched(page: Page, server: ScriptedServer): Promise<void> {
  const { length } = server.keystrokes;
  await type(page, "Thanks");
  const reached = await page.evaluate(() => [...document.documentElement.children].map(({ localName }) => localName));
  expect(reached).toEqual(["head", "body"]);
  await new Ghost(page).expectText(null);
  expect(server.keystrokes).toHaveLength(length);
}

test("after the installation the extension runs on no site, and the welcome page shows that", async ({
  welcome,
  visit,
  server,
}) => {
  await expect(welcome.locator("#where-step")).not.toHaveAttribute("data-done");
  await expectUntouched(await visit(MAIL), server);
});

test("after an update the welcome page opens at the choice of sites, and says why", async ({ welcome }) => {
  await expect(welcome.locator("#since-update")).toBeHidden();
  await welcome.goto("about:blank");
  await welcome.goto(`${WELCOME}#where`);
  await expect(welcome.locator("#since-update")).toBeVisible();
  await expect(welcome.getByRole("heading", { name: "Choose your sites" })).toBeInViewport();
});

test("one click allows all sites, and works at once, also on an open page", async ({
  welcome,
  visit,
  browserContext,
}) => {
  const open = await visit(MAIL);
  await type(open, "Thanks");
  await welcome.bringToFront();
  await welcome.getByRole("button", { name: "All sites" }).click();
  await expect(welcome.locator("#where-now")).toHaveText(/^Foretype works on all sites/);
  await expect(welcome.locator("#where-step")).toHaveAttribute("data-done");
  await expect.poll(() => sitesOf(browserContext)).toEqual(ALL_SITES);
  await open.bringToFront();
  // The script that is added to the open page finds the field with the focus, and waits for the next key.
  await expect
    .poll(async () => {
      await open.keyboard.press("Shift");
      return new Ghost(open).text();
    })
    .toBe(" for the quick response");
  const other = await visit(OTHER);
  await type(other, "Thanks");
  await new Ghost(other).expectText(" for the quick response");
});

test("a refusal of the browser is shown, and changes nothing", async ({ welcome, browserContext }) => {
  await welcome.evaluate(() => {
    const { permissions } = (globalThis as unknown as { chrome: Extension }).chrome;
    permissions.request = async () => false;
  });
  await welcome.getByRole("button", { name: "All sites" }).click();
  await expect(welcome.locator("#where-now")).toHaveText("The browser did not give permission. Nothing has changed.");
  await expect(welcome.locator("#where-step")).not.toHaveAttribute("data-done");
  expect(await sitesOf(browserContext)).toEqual([]);
});

test("with chosen sites, the popup requests the site of its tab, and only that one works, at once", async ({
  welcome,
  visit,
  server,
}) => {
  await welcome.getByRole("button", { name: "Chosen sites" }).click();
  await expect(welcome.locator("#where-now")).toHaveText("Foretype works only on the sites that you choose.");
  await expect(welcome.locator("#where-step")).toHaveAttribute("data-done");
  const mail = await visit(MAIL);
  const popup = await RealPopup.openOver(mail);
  await expect.poll(() => popup.text()).toBe("Foretype is not allowed on this site yet.");
  await mkdir("test-results/images", { recursive: true });
  await writeFile("test-results/images/popup-unallowed.png", await popup.picture());
  await popup.press("Allow on this site");
  await expect.poll(() => popup.text()).toBe("On. Start writing in a field.");
  await popup.close();
  await type(mail, "Thanks");
  await new Ghost(mail).expectText(" for the quick response");
  await expectUntouched(await visit(OTHER), server);
  await expectUntouched(await visit("http://mail.test"), server);
});

test("a frame of a site that is not allowed gets no suggestions, and the popup says why", async ({
  welcome,
  visit,
  server,
}) => {
  await welcome.goto(OPTIONS);
  await welcome.getByRole("button", { name: "Chosen sites" }).click();
  await welcome.getByLabel("Add a site").fill("mail.test");
  await welcome.keyboard.press("Enter");
  await expect(welcome.locator("#site-outcome")).toHaveText("Foretype now works on mail.test.");
  const mail = await visit(MAIL, `<iframe src="${OTHER}/inner" width="600" height="200"></iframe>`);
  await mail.route(`${OTHER}/inner`, (route) =>
    route.fulfill({ body: '<textarea id="field"></textarea>', contentType: "text/html" }),
  );
  await mail.reload();
  await mail.frameLocator("iframe").locator("#field").click();
  await mail.keyboard.type("Thanks");
  const popup = await RealPopup.openOver(mail);
  expect(await popup.text()).toContain("belongs to another site");
  await popup.close();
  expect(server.keystrokes).toEqual([]);
});

test("a site is added and removed in the options, and a removed site ends at once", async ({
  welcome: options,
  visit,
  server,
}) => {
  await options.goto(OPTIONS);
  await expect(options.getByLabel("Add a site")).toBeHidden();
  await options.getByRole("button", { name: "Chosen sites" }).click();
  await options.getByLabel("Add a site").fill("no site");
  await options.keyboard.press("Enter");
  await expect(options.locator("#site-outcome")).toContainText("This is not a site address.");
  await options.getByLabel("Add a site").fill(`${MAIL}/inbox`);
  await options.locator("#add-site").getByRole("button", { name: "Add" }).click();
  await expect(options.locator("#allowed")).toContainText("mail.test");
  expect(await problemsOn(options)).toEqual([]);
  await options.screenshot({ path: "test-results/images/options-chosen.png", fullPage: true });
  const mail = await visit(MAIL);
  const ghost = new Ghost(mail);
  await type(mail, "Thanks");
  await ghost.expectText(" for the quick response");
  await options.getByRole("button", { name: "Remove mail.test" }).click();
  await expect(options.locator("#allowed")).toBeHidden();
  await expect(options.getByLabel("Add a site")).toBeFocused();
  await ghost.expectText(null);
  await expectUntouched(mail, server);
});

test("after All sites, Chosen sites brings back the sites that were chosen before", async ({
  welcome: options,
  browserContext,
}) => {
  await options.goto(OPTIONS);
  await options.getByRole("button", { name: "Chosen sites" }).click();
  await options.getByLabel("Add a site").fill("mail.test");
  await options.keyboard.press("Enter");
  await expect(options.locator("#allowed")).toContainText("mail.test");
  await options.getByRole("button", { name: "All sites" }).click();
  await expect(options.getByRole("button", { name: "All sites" })).toHaveAttribute("aria-pressed", "true");
  await expect(options.locator("#allowed")).toBeHidden();
  await options.getByRole("button", { name: "Chosen sites" }).click();
  await expect(options.locator("#allowed")).toContainText("mail.test");
  await expect.poll(() => sitesOf(browserContext)).toEqual([`${MAIL}/*`]);
});

test("a file of settings allows its sites, which the browser is asked about", async ({
  welcome: options,
  browserContext,
}) => {
  await options.goto(OPTIONS);
  const text = fileOf(settingsOf(DEFAULTS), [`${MAIL}/*`]);
  const file = { name: "settings.json", mimeType: "application/json", buffer: Buffer.from(text) };
  await options.locator("#import-file").setInputFiles(file);
  await expect(options.locator("#import-changes li")).toHaveText(["mail.test: allowed. The browser asks you first."]);
  expect(await sitesOf(browserContext)).toEqual([]);
  await options.getByRole("button", { name: "Import", exact: true }).click();
  await expect(options.locator("#file-outcome")).toHaveText("The settings were imported.");
  await expect(options.locator("#allowed")).toContainText("mail.test");
  await expect.poll(() => sitesOf(browserContext)).toEqual([`${MAIL}/*`]);
});

test("on the extension's own pages and the browser's pages the popup shows the status too", async ({ welcome }) => {
  await welcome.getByLabel("A message").focus();
  const first = await RealPopup.openOver(welcome);
  expect(await first.text()).toBe("On. Suggestions appear while you write.");
  await first.close();
  await welcome.goto(`chrome-extension://${EXTENSION_ID}/options.html`);
  const second = await RealPopup.openOver(welcome);
  expect(await second.text()).toBe("On. This is one of Foretype's own pages.");
  await second.close();
  await welcome.goto("chrome://version");
  const third = await RealPopup.openOver(welcome);
  expect(await third.text()).toBe("The browser does not allow extensions on this page.");
  await third.close();
});
