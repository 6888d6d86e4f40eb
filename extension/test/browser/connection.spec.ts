import type { BrowserContext } from "@playwright/test";
import { expect, iconTitleIn, OPTIONS, pair, test } from "./fixtures.ts";
import { openPlayground } from "./playground-page.ts";
import { CODE, knows, PLAYGROUND, ScriptedServer, TOKEN } from "./scripted-server.ts";

/** The part of the service worker's API that is used here. */
interface Chrome {
  readonly chrome: {
    readonly action: { getTitle(of: object): Promise<string> };
    readonly storage: { readonly local: { get(): Promise<object> } };
  };
}

/** Stops the service worker, as the browser does after 30 seconds without an event. */
async function stopWorker(context: BrowserContext): Promise<void> {
  const session = await context.browser()?.newBrowserCDPSession();
  const { targetInfos = [] } = (await session?.send("Target.getTargets")) ?? {};
  const worker = targetInfos.find(({ type, url }) => type === "service_worker" && url.includes("background"));
  if (worker) await session?.send("Target.closeTarget", { targetId: worker.targetId });
  await session?.detach();
}

const SENTENCE = "Thanks for the quick response";

test("a restart of the server during typing loses no key, and the missed keystroke is sent again", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="70"></textarea>', "Thanks");
  await ghost.expectText(" for the quick response");
  await server.stop();
  await page.keyboard.type(" for the");
  await ghost.expectText(" quick response");
  await page.keyboard.type("x");
  await page.keyboard.press("Backspace");
  await page.keyboard.type(" qui");
  await expect(page.locator("#field")).toHaveValue("Thanks for the qui");
  await server.start();
  await expect.poll(() => server.keystrokes.at(-1)?.before, { timeout: 20_000 }).toBe("Thanks for the qui");
  await ghost.expectText("ck response");
});

test("a text is sent again without a key if the browser stopped the service worker while the server was unreachable", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="70"></textarea>', "Thanks");
  await ghost.expectText(" for the quick response");
  await server.stop();
  await page.keyboard.type(" for t");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("x");
  await page.keyboard.press("Backspace");
  await stopWorker(browserContext);
  server.received.length = 0;
  await server.start();
  await expect.poll(() => server.keystrokes.at(-1)?.before, { timeout: 20_000 }).toBe("Thanks for ");
  await ghost.expectText("the quick response");
});

test("a late answer to an earlier text is drawn if it still fits", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="70"></textarea>');
  await page.locator("#field").click();
  const release = server.hold();
  await page.keyboard.type("Thanks");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks");
  server.script = () => null;
  await page.keyboard.type(" for");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for");
  release();
  await ghost.expectText(" the quick response");
});

test("two tabs get their own suggestions", async ({ page, ghost, server, show, browserContext }) => {
  server.script = knows(SENTENCE, "Other words here");
  await show('<textarea id="field" rows="4" cols="70"></textarea>', "Thanks");
  await ghost.expectText(" for the quick response");
  const other = await browserContext.newPage();
  await other.goto(`${server.origin}/page`);
  await other.locator("#field").click();
  await other.keyboard.type("Other");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Other");
  await other.close();
  await page.keyboard.type(" for");
  await ghost.expectText(" the quick response");
  expect(new Set(server.keystrokes.map(({ field }) => field)).size).toBe(2);
});

test("a field in a frame gets suggestions too", async ({ page, server, show }) => {
  server.script = knows(SENTENCE);
  server.pages.set("/inner", '<!doctype html><textarea id="inner" rows="4" cols="40"></textarea>');
  await show('<iframe src="/inner" width="500" height="300"></iframe>');
  const inner = page.frameLocator("iframe").locator("#inner");
  await inner.click();
  await page.keyboard.type("Thanks for the qui");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for the qui");
  await expect(async () => {
    await page.keyboard.press("ArrowRight");
    await expect(inner).toHaveValue(SENTENCE, { timeout: 100 });
  }).toPass();
});

test("the extension leaves a page alone that completes by itself, as the playground does", async ({
  page,
  ghost,
  server,
}) => {
  server.script = knows(SENTENCE);
  server.servePlayground(PLAYGROUND);
  await openPlayground(page, server.origin, TOKEN);
  await page.locator("#comment").click();
  await page.keyboard.type("Thanks");
  await ghost.expectText(" for the quick response");
  expect(server.keystrokes.map(({ field }) => field).filter((field) => field.includes("."))).toEqual([]);
  // The playground's token would stay in the storage of this origin, for the other tests.
  await page.evaluate(() => localStorage.clear());
});

for (const knowledge of ["proves nothing", "proves another token"] as const) {
  test(`another program on the server's port that ${knowledge} gets neither the token nor text`, async ({
    page,
    ghost,
    server,
    show,
    browserContext,
  }) => {
    const iconTitle = () => iconTitleIn(browserContext);
    server.script = knows(SENTENCE);
    await show('<textarea id="field" rows="4" cols="70"></textarea>', "Thanks");
    await ghost.expectText(" for the quick response");
    await server.stop();
    server.received.length = 0;
    server.knowledge = knowledge;
    await server.start();
    await page.keyboard.type(" for the");
    await expect.poll(iconTitle, { timeout: 20_000 }).toContain("another program answers");
    await page.keyboard.type(" qui");
    expect(server.received.map(({ type }) => type).filter((type) => type !== "hello")).toEqual([]);
    expect(JSON.stringify(server.received)).not.toMatch(new RegExp(`Thanks|${TOKEN}`));
    await server.stop();
    server.knowledge = "knows the token";
    await server.start();
    await expect.poll(() => server.keystrokes.at(-1)?.before, { timeout: 20_000 }).toBe("Thanks for the qui");
    await ghost.expectText("ck response");
  });
}

test("the toolbar icon says whether the server is connected", async ({ server, show, browserContext }) => {
  const [worker] = browserContext.serviceWorkers();
  const iconTitle = () => worker?.evaluate(() => (globalThis as unknown as Chrome).chrome.action.getTitle({}));
  await show('<textarea id="field"></textarea>', "Hello");
  await expect.poll(iconTitle).toBe("Foretype: connected");
  await server.stop();
  await expect.poll(iconTitle).toContain("the server is unreachable. Start it in Foretype's folder with: make serve");
  await server.start();
  await expect.poll(iconTitle, { timeout: 20_000 }).toBe("Foretype: connected");
});

test("the token is stored where no page can read it", async ({ page, show, browserContext }) => {
  const [worker] = browserContext.serviceWorkers();
  const kept = await worker?.evaluate(() => (globalThis as unknown as Chrome).chrome.storage.local.get());
  expect(kept).toMatchObject({ server: { origin: expect.any(String), token: TOKEN } });
  await show("<p>Text</p>");
  const seen = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML]),
  );
  expect(seen).not.toContain(TOKEN);
});

test.describe("the options page", () => {
  test.afterEach(async ({ page, server }) => {
    await pair(page, server.origin, CODE);
    await expect(page.getByRole("status")).toContainText("Connected.");
  });

  test("takes a token as well as a code", async ({ page, server }) => {
    await pair(page, server.origin.replace("http://", ""), TOKEN);
    await expect(page.getByRole("status")).toHaveText("Connected. Model: scripted. Suggestions arrive within 300 ms.");
  });

  test("says how to start a server if none answers", async ({ page }) => {
    await pair(page, "127.0.0.1:9", CODE);
    await expect(page.getByRole("status")).toContainText(
      "No server answers at http://127.0.0.1:9. Start it in Foretype's folder with: make serve",
    );
    await expect(page.getByLabel("Server address")).toBeFocused();
  });

  test("says so if the code is wrong", async ({ page, server }) => {
    await pair(page, server.origin, "WRNG-CODE");
    await expect(page.getByRole("status")).toContainText("Print a new one with: foretype pair");
    await expect(page.getByLabel("Pairing code or token")).toBeFocused();
  });

  test("says so if the token is wrong", async ({ page, server }) => {
    await pair(page, server.origin, "a-token-that-nobody-gave");
    await expect(page.getByRole("status")).toContainText("does not accept this token");
  });

  test("says that a signed token needs TLS, and the address gets the focus", async ({ page, server }) => {
    await pair(page, server.origin, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmVk");
    await expect(page.getByRole("status")).toContainText("the server's address must begin with https");
    await expect(page.getByLabel("Server address")).toBeFocused();
  });

  test("says so if another program answers", async ({ page }) => {
    const other = new ScriptedServer();
    await other.start();
    other.pages.set("/healthz", "<h1>Some other page</h1>");
    await pair(page, other.origin, CODE);
    await expect(page.getByRole("status")).toContainText("is not a Foretype server");
    await other.stop();
  });

  test("says so if the address is not valid, and if no code was entered", async ({ page, server }) => {
    await pair(page, "not an address", CODE);
    await expect(page.getByRole("status")).toContainText("This is not a server address");
    await pair(page, server.origin, "");
    await expect(page.getByRole("status")).toContainText("Enter the pairing code that the server printed");
  });

  test("works by keyboard alone, and every field has a label", async ({ page, server }) => {
    await page.goto(OPTIONS);
    await page.keyboard.press("Tab");
    await expect(page.getByLabel("Server address")).toBeFocused();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(server.origin);
    await page.keyboard.press("Tab");
    await expect(page.getByLabel("Pairing code or token")).toBeFocused();
    await page.keyboard.type(CODE);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("status")).toContainText("Connected.");
    await page.screenshot({ path: "test-results/options.png" });
  });
});
