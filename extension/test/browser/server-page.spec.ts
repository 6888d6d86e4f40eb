import type { BrowserContext, Page } from "@playwright/test";
import { problemsInAllSchemes, problemsOn } from "./accessibility.ts";
import { expect, inWorker, test, WELCOME } from "./fixtures.ts";
import { openPlayground } from "./playground-page.ts";
import { CODE, PLAYGROUND, TOKEN } from "./scripted-server.ts";

/** The button of the server's own page that connects the extension, and other pages that try to do the same. */

const find = (context: BrowserContext) => context.pages().find((page) => page.url() === WELCOME);

const kept = (context: BrowserContext) =>
  inWorker<{ server?: { origin: string; token: string } }>(context, "chrome.storage.local.get('server')");

test.beforeEach(({ server, browserContext }) => {
  server.servePlayground(PLAYGROUND);
  return inWorker(browserContext, "chrome.storage.local.remove('server')");
});

/** Restores the state that the other tests expect. */
test.afterEach(async ({ server, browserContext }) => {
  await find(browserContext)?.close();
  const paired = JSON.stringify({ origin: server.origin, token: TOKEN });
  await inWorker(browserContext, `chrome.storage.local.set({ server: ${paired} })`);
});

/** Presses the button, and returns the page that opens. */
async function offer(page: Page): Promise<Page> {
  await page.getByRole("button", { name: "Connect extension" }).click();
  await expect.poll(() => find(page.context())).toBeDefined();
  const welcome = find(page.context()) as Page;
  await expect(welcome.getByText("asks you to connect to its server")).toBeVisible();
  return welcome;
}

test("the button opens a page of the extension, which connects when the user agrees", async ({
  page,
  server,
  browserContext,
}) => {
  const heard: string[] = [];
  await page.exposeFunction("hear", (text: string) => heard.push(text));
  await openPlayground(page, server.origin, TOKEN);
  await page.evaluate(() =>
    window.addEventListener("message", ({ data }) =>
      (window as unknown as { hear(text: string): void }).hear(JSON.stringify(data)),
    ),
  );
  await expect(page.locator("#connect-state")).toContainText("not connected to this server yet");
  await expect(page.locator("#install")).toBeHidden();
  await page.screenshot({ path: "test-results/images/playground-connect.png", fullPage: true });
  await page.emulateMedia({ forcedColors: "active" });
  expect(await problemsOn(page)).toEqual([]);
  const welcome = await offer(page);
  await expect(welcome.locator("#offer-address")).toHaveText(server.origin);
  await expect(welcome.locator("#offer")).toBeFocused();
  await expect(welcome.getByLabel("Pairing code or token")).toBeHidden();
  expect(await kept(browserContext)).toEqual({});
  await expect(welcome.locator("#accept-offer")).toBeEnabled();
  expect(await problemsInAllSchemes(welcome)).toEqual([]);
  await welcome.screenshot({ path: "test-results/images/offer.png", fullPage: true });
  // The user agrees by keyboard: the button is the next element after the question.
  await welcome.keyboard.press("Tab");
  await welcome.keyboard.press("Enter");
  await expect(welcome.locator("#outcome")).toContainText("Connected.");
  expect(await kept(browserContext)).toEqual({ server: { origin: server.origin, token: TOKEN } });

  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page.locator("#connect-state")).toHaveText("The extension in this browser is connected to this server.");
  await expect(page.getByRole("button", { name: "Connect extension" })).toBeHidden();
  // The page hears only the code that it had itself, and no token.
  expect(heard.join()).toContain(CODE);
  expect(heard.join()).not.toContain(TOKEN);
});

test("after Cancel the question does not come back, and nothing is connected", async ({
  page,
  server,
  browserContext,
}) => {
  await openPlayground(page, server.origin, TOKEN);
  const welcome = await offer(page);
  await welcome.getByRole("button", { name: "Cancel" }).click();
  await expect(welcome.getByLabel("Pairing code or token")).toHaveValue("");
  await welcome.reload();
  await expect(welcome.getByLabel("Pairing code or token")).toBeVisible();
  await expect(welcome.locator("#offer")).toBeHidden();
  expect(await kept(browserContext)).toEqual({});
});

test("the question names the connection that it would replace, and marks no step as done for the asking server", async ({
  page,
  server,
  browserContext,
}) => {
  const other = JSON.stringify({ origin: "http://127.0.0.1:9", token: TOKEN });
  await inWorker(browserContext, `chrome.storage.local.set({ server: ${other} })`);
  await openPlayground(page, server.origin, TOKEN);
  const welcome = await offer(page);
  await expect(welcome.locator("#offer-replaces")).toHaveText(
    "It would replace your connection to http://127.0.0.1:9.",
  );
  await expect(welcome.locator("#server")).toHaveText("No server answers at http://127.0.0.1:9 yet.");
  await expect(welcome.locator("#start")).not.toHaveAttribute("data-done");
  await expect(welcome.locator("#accept-offer")).toBeEnabled();
  expect(await problemsInAllSchemes(welcome)).toEqual([]);
  await welcome.screenshot({ path: "test-results/images/offer-replaces.png", fullPage: true });
  await welcome.getByRole("button", { name: "Cancel" }).click();
  await expect(welcome.locator("#address")).toHaveValue("http://127.0.0.1:9");
  expect((await kept(browserContext)).server?.origin).toBe("http://127.0.0.1:9");
});

/** Acts as a page that knows how the button works, and offers a code. Returns whether anything answered. */
const TRY = `new Promise((resolve) => {
  const nonce = "a-nonce";
  let answered = false;
  window.addEventListener("message", ({ data }) => {
    if (data.foretype !== "it-is-there") return;
    answered = true;
    window.postMessage({ foretype: "connect", nonce, code: "${CODE}" }, "*");
  });
  window.postMessage({ foretype: "connect", nonce, code: "${CODE}" }, "*");
  window.postMessage({ foretype: "is-it-there", nonce }, "*");
  setTimeout(() => resolve(answered), 300);
})`;

test("the extension does not answer another site", async ({ page, browserContext }) => {
  await page.route("http://page.test/", (route) =>
    route.fulfill({ body: "<title>A page</title>", contentType: "text/html" }),
  );
  await page.goto("http://page.test/");
  expect(await page.evaluate(TRY)).toBe(false);
  expect(find(browserContext)).toBeUndefined();
});

test("the extension does not answer a frame", async ({ page, server, show, browserContext }) => {
  server.pages.set("/inner", "<!doctype html><title>Inner</title>");
  await show('<iframe src="/inner"></iframe>');
  const inner = page.frame({ url: `${server.origin}/inner` });
  expect(await inner?.evaluate(TRY)).toBe(false);
  expect(find(browserContext)).toBeUndefined();
});

test("a page of this machine opens nothing if the user has not pressed anything on it", async ({
  page,
  show,
  browserContext,
}) => {
  // The test listens to the console, because evaluating code in the page would count as an activation by the user.
  const answeredTwice = page.waitForEvent("console", (message) => message.text() === "answer 2");
  await show(`<script>
    const say = (message) => window.postMessage({ nonce: "a-nonce", ...message }, "*");
    let answers = 0;
    window.addEventListener("message", ({ data }) => {
      if (data.foretype !== "it-is-there") return;
      answers += 1;
      console.log("answer " + answers);
      if (answers > 1) return;
      say({ foretype: "connect", code: "${CODE}" });
      say({ foretype: "is-it-there" });
    });
    say({ foretype: "is-it-there" });
  </script>`);
  // By the second answer, the offer between the two has been received.
  await answeredTwice;
  expect(find(browserContext)).toBeUndefined();
});
