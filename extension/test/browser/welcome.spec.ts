import { type BrowserContext, test as base, type Page } from "@playwright/test";
import { picturesInAllSchemes, problemsOn, zoom } from "./accessibility.ts";
import { expect, install, inWorker, OPTIONS, WELCOME, welcomeOf } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { CODE, knows, ScriptedServer } from "./scripted-server.ts";

/** The welcome page in a browser that was never paired. */

const BEGUN = "Please let me know if you have any que";
/** The address that the page tries first. */
const DEFAULT_SERVER = "http://127.0.0.1:22738/healthz";
const FOLDER = "test-results/images";

interface OfWorker {
  server: ScriptedServer;
  browserContext: BrowserContext;
}

interface OfTest {
  welcome: Page;
}

/** A new browser for all tests. Before each test, the extension's storage is cleared. */
const test = base.extend<OfTest, OfWorker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const server = new ScriptedServer();
      server.script = knows(`${BEGUN}stions or concerns`);
      await server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  browserContext: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const context = await install();
      await welcomeOf(context);
      await use(context);
      await context.close();
    },
    { scope: "worker" },
  ],
  welcome: async ({ browserContext }, use) => {
    await inWorker(browserContext, "chrome.storage.local.clear()");
    const page = await welcomeOf(browserContext);
    // As if no server were running on this machine.
    await page.route(DEFAULT_SERVER, (route) => route.abort());
    await page.emulateMedia({ colorScheme: null, forcedColors: null, reducedMotion: "reduce" });
    await page.reload();
    await use(page);
    await page.unrouteAll();
  },
});

/** As when the user comes back from another window. */
const comeBack = (page: Page) => page.evaluate(() => window.dispatchEvent(new Event("focus")));

test("the welcome page opens once, when the extension is installed", async ({ browserContext, welcome }) => {
  const opened = browserContext.pages().map((page) => page.url());
  expect(opened.filter((url) => url === WELCOME)).toHaveLength(1);
  expect(opened).not.toContain(OPTIONS);
  await expect(welcome.getByRole("heading", { level: 1 })).toHaveText("Welcome to Foretype");
});

test("if no server answers, the page says how to start one, and checks again when the user comes back", async ({
  welcome,
}) => {
  const server = welcome.locator("#server");
  await expect(server).toHaveText("No server answers at http://127.0.0.1:22738 yet.");
  await expect(welcome.getByText("make serve", { exact: true })).toBeVisible();
  await welcome.unrouteAll();
  const answers = ["loading", "loading", "ready"];
  await welcome.route(DEFAULT_SERVER, (route) => route.fulfill({ json: { status: answers.shift() } }));
  await comeBack(welcome);
  await expect(server).toContainText("is loading its model");
  // The page now checks again by itself.
  await expect(server).toHaveText("A server is running at http://127.0.0.1:22738.");
  await expect(welcome.getByText("make serve", { exact: true })).toBeHidden();
});

test("a pasted address connects, and the caret is where the suggestion appears; all by keyboard", async ({
  welcome,
  server,
}) => {
  const ghost = new Ghost(welcome);
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 8; presses++) {
      await welcome.keyboard.press("Tab");
      if (await welcome.getByLabel(name, { exact: true }).evaluate((one) => one === document.activeElement)) return;
    }
    throw new Error(`Tab never reaches ${name}`);
  };
  await expect(welcome.locator("#keys")).toContainText("accepts the next word");
  // The scripted server has another address than the default. A server prints its address with a code.
  await tabTo("Pairing code or token");
  await welcome.keyboard.type(`${server.origin}/#code=${CODE}`);
  await welcome.keyboard.press("Control+a");
  await welcome.keyboard.press("Control+x");
  await welcome.keyboard.press("Control+v");
  await expect(welcome.locator("#outcome")).toContainText("Connected.");
  await expect(welcome.locator("#server")).toHaveText(`A server is running at ${server.origin}.`);
  const message = welcome.getByLabel("A message");
  await expect(message).toBeFocused();
  await ghost.expectText("stions or concerns");
  await welcome.keyboard.press("Tab");
  await expect(message).toHaveValue(`${BEGUN}stions`);
  await expect(welcome.locator("#try")).toHaveAttribute("data-done");
  await ghost.expectText(" or concerns");
  await welcome.keyboard.press("Escape");
  await ghost.expectText(null);
  await welcome.keyboard.press("Tab");
  await expect(message).not.toBeFocused();
});

test("with another address, the page looks there; a code from there connects, and the form is gone", async ({
  welcome,
  server,
}) => {
  const form = welcome.locator("#pairing");
  await expect(welcome.locator("#server")).toContainText("No server answers at http://127.0.0.1:22738");
  await expect(welcome.locator("#try")).not.toHaveAttribute("data-done");
  await welcome.getByText("Use another address").click();
  await welcome.getByLabel("Server address").fill(server.origin.replace("http://", ""));
  await welcome.getByLabel("Server address").blur();
  await expect(welcome.locator("#server")).toHaveText(`A server is running at ${server.origin}.`);
  await expect(welcome.locator("#start")).toHaveAttribute("data-done");

  await welcome.getByLabel("Pairing code or token").fill("WRNG-CODE");
  await welcome.keyboard.press("Enter");
  await expect(welcome.locator("#outcome")).toContainText("This pairing code is wrong");
  await welcome.getByLabel("Pairing code or token").fill(CODE);
  await welcome.keyboard.press("Enter");
  await expect(welcome.locator("#outcome")).toContainText("Connected.");
  await expect(form).toBeHidden();
  await expect(welcome.getByText("Use another address")).toBeHidden();

  await welcome.reload();
  await expect(welcome.locator("#outcome")).toHaveText(`This browser is connected to ${server.origin}.`);
  await expect(form).toBeHidden();
  await welcome.getByRole("button", { name: "Connect to another server" }).click();
  await expect(welcome.getByLabel("Pairing code or token")).toBeFocused();
  await expect(welcome.getByRole("button", { name: "Connect to another server" })).toBeHidden();
  await expect(welcome.getByText("Use another address")).toBeVisible();
});

test("the keys on the page follow the options", async ({ welcome, browserContext }) => {
  const keys = welcome.locator("#keys");
  await expect(keys).toContainText("dismisses the suggestion; then Tab leaves the field as usual");
  await inWorker(browserContext, 'chrome.storage.local.set({ preferences: { keys: { word: "Ctrl+j", all: "" } } })');
  await expect(keys.locator("dt")).toHaveText(["Ctrl + j", "Esc"]);
  await expect(keys).not.toContainText("Tab");
});

test("the page explains a wrong code and a wrong address, and the wrong field gets the focus", async ({
  welcome,
  server,
}) => {
  const outcome = welcome.locator("#outcome");
  const address = welcome.getByLabel("Server address");
  await expect(address).toBeHidden();
  await welcome.locator("#address").evaluate((one: HTMLInputElement) => {
    one.value = "127.0.0.1:9";
  });
  await welcome.getByLabel("Pairing code or token").fill(CODE);
  await welcome.getByRole("button", { name: "Connect" }).click();
  await expect(outcome).toContainText("No server answers at http://127.0.0.1:9.");
  await expect(address).toBeFocused();
  await address.fill(server.origin);
  await welcome.getByLabel("Pairing code or token").fill("WRNG-CODE");
  await welcome.keyboard.press("Enter");
  await expect(outcome).toContainText("This pairing code is wrong");
  await expect(outcome.locator("code")).toHaveText("foretype pair");
  await expect(welcome.locator(".card").filter({ has: outcome })).toBeVisible();
  await expect(welcome.getByLabel("Pairing code or token")).toBeFocused();
  await picturesInAllSchemes(welcome, "welcome-wrong-code");
});

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds no problems on the welcome page, in ${scheme}, at twice the size and in forced colours`, async ({
    welcome,
    server,
  }) => {
    const ghost = new Ghost(welcome);
    await welcome.emulateMedia({ colorScheme: scheme });
    await expect(welcome.locator("#server")).toContainText("No server answers");
    await welcome.screenshot({ path: `${FOLDER}/welcome-${scheme}.png`, fullPage: true });
    await zoom(welcome, 2);
    expect(await problemsOn(welcome)).toEqual([]);
    await zoom(welcome, 1);
    await welcome.locator("summary").click();
    await welcome.getByLabel("Server address").fill(server.origin);
    await welcome.getByLabel("Pairing code or token").fill(CODE);
    await welcome.keyboard.press("Enter");
    await ghost.expectText("stions or concerns");
    await welcome.screenshot({ path: `${FOLDER}/welcome-paired-${scheme}.png` });
    await welcome.emulateMedia({ forcedColors: "active" });
    await welcome.screenshot({ path: `${FOLDER}/welcome-forced-${scheme}.png` });
    expect(await problemsOn(welcome)).toEqual([]);
    // The plate that the browser draws behind invisible text would hide the typed text.
    expect(await ghost.style(["forced-color-adjust"])).toEqual({ "forced-color-adjust": "none" });
  });
}
