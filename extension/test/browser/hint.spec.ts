import { type BrowserContext, test as base, type Page } from "@playwright/test";
import { expect, inWorker, launch, pair } from "./fixtures.ts";
import { Hint } from "./hint.ts";
import { CODE, knows, ScriptedServer } from "./scripted-server.ts";

/** The hint that the server is unreachable. It is shown once after each start of the browser, so each test has its own browser. */

const BODY = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title>
<style>body { margin: 40px; font: 16px sans-serif } textarea { width: 560px; padding: 12px; font: inherit }</style>
<p><label for="secret">Password</label> <input id="secret" type="password"></p>
<p><label for="field">Message</label><br><textarea id="field" rows="4"></textarea></p>`;

interface OfTest {
  server: ScriptedServer;
  browserContext: BrowserContext;
  /** A page; the server was stopped after pairing. */
  page: Page;
  hint: Hint;
}

const test = base.extend<OfTest>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  server: async ({}, use) => {
    const server = new ScriptedServer();
    server.script = knows("Thanks for the quick response");
    await server.start();
    await use(server);
    await server.stop().catch(() => {});
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  browserContext: async ({}, use) => {
    const context = await launch();
    await use(context);
    await context.close();
  },
  page: async ({ browserContext, server }, use) => {
    const page = await browserContext.newPage();
    await pair(page, server.origin, CODE);
    await expect(page.getByRole("status")).toContainText("Connected.");
    await open(page);
    await server.stop();
    await use(page);
  },
  hint: async ({ page }, use) => use(new Hint(page)),
});

async function open(page: Page): Promise<void> {
  await page.route("http://page.test/", (route) => route.fulfill({ body: BODY, contentType: "text/html" }));
  await page.goto("http://page.test/");
  await page.evaluate(() => document.fonts.ready);
}

test("the hint is below the field, takes no focus and no key, and goes when the server is reachable again", async ({
  page,
  hint,
  server,
  browserContext,
}) => {
  // Nothing is requested for a password, so no hint is shown for it.
  await page.locator("#secret").click();
  await page.keyboard.type("zq");
  await page.locator("#field").click();
  await hint.expectWhile(() => page.keyboard.type("a"));
  await expect(page.locator("#field")).toBeFocused();
  await expect(page.locator("#field")).toHaveValue(/^a+$/);
  const field = await page.locator("#field").evaluate((one) => one.getBoundingClientRect().toJSON());
  const box = await hint.box();
  expect(box.top).toBeGreaterThanOrEqual(field.bottom);
  expect(box.right).toBeCloseTo(field.right, 0);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `test-results/images/hint-${colorScheme}.png` });
  }
  await page.locator("#field").fill("Thanks");
  await server.start();
  await expect.poll(() => hint.text(), { timeout: 20_000 }).toBeNull();

  // It is shown only once, also if the service worker is started again.
  expect(await inWorker(browserContext, "chrome.storage.session.get('hinted')")).toEqual({ hinted: true });
});

test("its button dismisses it, the field keeps the focus, and the hint does not come back", async ({ page, hint }) => {
  await page.locator("#field").click();
  await hint.expectWhile(() => page.keyboard.type("a"));
  await hint.press();
  await expect.poll(() => hint.text()).toBeNull();
  await expect(page.locator("#field")).toBeFocused();
  await page.keyboard.type("bc");
  await expect(page.locator("#field")).toHaveValue(/^a+bc$/);
  expect(await hint.text()).toBeNull();
  const other = await page.context().newPage();
  await open(other);
  await other.locator("#field").click();
  await other.keyboard.type("Hello");
  expect(await new Hint(other).text()).toBeNull();
});

test("typed text is one undo step, although the hint comes and goes between the letters", async ({ page, hint }) => {
  await page.locator("#field").click();
  await hint.expectWhile(() => page.keyboard.type("a"));
  await page.keyboard.press("Escape");
  await expect.poll(() => hint.text()).toBeNull();
  await page.keyboard.type("bc");
  await expect(page.locator("#field")).toHaveValue(/^a+bc$/);
  await page.keyboard.press("Control+z");
  await expect(page.locator("#field")).toHaveValue("");
});

test("a hint that was dismissed is not moved any more", async ({ page, hint }) => {
  await page.evaluate("document.body.style.height = '3000px'");
  await page.locator("#field").click();
  await hint.expectWhile(() => page.keyboard.type("a"));
  const changes = await page.evaluateHandle(() => {
    const seen: MutationRecord[] = [];
    const host = document.querySelector(":root > [popover]") as HTMLElement;
    new MutationObserver((records) => seen.push(...records)).observe(host, { attributes: true });
    return seen;
  });
  const scroll = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          window.addEventListener("scroll", () => setTimeout(resolve), { once: true });
          scrollBy(0, 20);
        }),
    );
  await scroll();
  expect(await changes.evaluate(({ length }) => length)).toBeGreaterThan(0);
  await page.keyboard.press("Escape");
  await expect.poll(() => hint.text()).toBeNull();
  const before = await changes.evaluate(({ length }) => length);
  await scroll();
  expect(await changes.evaluate(({ length }) => length)).toBe(before);
});

test("when the field loses the focus, nothing of the hint is left on the page", async ({ page, hint }) => {
  await page.locator("#field").click();
  await hint.expectWhile(() => page.keyboard.type("a"));
  const hosts = () => page.evaluate("document.documentElement.querySelectorAll(':scope > [popover]').length");
  expect(await hosts()).toBe(1);
  await page.locator("#secret").focus();
  expect(await hosts()).toBe(0);
});
