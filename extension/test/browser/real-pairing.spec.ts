import type { Page } from "@playwright/test";
import { inWorker, pair, WELCOME } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { openPlayground } from "./playground-page.ts";
import { expect, test } from "./real-fixtures.ts";
import { REAL_TOKEN } from "./real-server.ts";

const TYPED = "Please let me know if you have any que";

test("the link that the server prints pairs the playground permanently", async ({ page, ghost, server }) => {
  const sent: string[] = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(String(payload))));
  await page.goto(server.link);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  expect(page.url()).toBe(`${server.origin}/`);
  // The field got the focus before the page was paired. What is shown depends on how fast the machine is, so only the request counts.
  await expect.poll(() => sent.some((frame) => frame.includes('"keystroke"'))).toBe(true);
  await page.getByRole("button", { name: TYPED }).click();
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
  await page.keyboard.press("Tab");
  await expect(page.locator("#message")).toHaveValue(`${TYPED}stions`);
  await expect(page.locator("#saved")).toHaveText("5");
  await expect(page.locator("#last")).toContainText("ms");

  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  // The code has been used. A page that is already paired does not need it.
  await page.goto(server.link);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(page.locator("#pairing")).toBeHidden();

  // As if its token were revoked: now the code is tried.
  await page.evaluate(() => localStorage.setItem("foretype-token", "revoked"));
  await page.reload();
  await expect(page.locator("#pairing-outcome")).toHaveText(
    "The server no longer accepts this page. Enter a new pairing code.",
  );
  await server.stop();
  await server.start();
  // In the same tab only the part after the # changes, so the page is not loaded again.
  await page.goto(server.link);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
});

test("the options page accepts the code that the server printed, and explains errors", async ({ page, server }) => {
  const outcome = page.getByRole("status");
  await server.stop();
  await pair(page, server.origin, "ABCD-EFGH");
  await expect(outcome).toContainText(`No server answers at ${server.origin}`);
  await server.start();
  await pair(page, server.origin, "ABCD-EFGH");
  await expect(outcome).toContainText("This pairing code is wrong");
  await pair(page, server.origin, "a-token-that-nobody-gave");
  await expect(outcome).toContainText("does not accept this token");
  await pair(page, server.origin, server.code);
  await expect(outcome).toContainText("Connected. Model: smollm2-135m.");
  await pair(page, server.origin, server.code);
  await expect(outcome).toContainText("This pairing code is wrong, already used");
  await pair(page, server.origin, REAL_TOKEN);
  await expect(outcome).toContainText("Connected.");
});

test("the button of the playground connects the extension with a separate code", async ({
  page,
  server,
  show,
  ghost,
  browserContext,
}) => {
  await inWorker(browserContext, "chrome.storage.local.remove('server')");
  // The server's page, paired by a token.
  await openPlayground(page, server.origin, REAL_TOKEN);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await page.getByRole("button", { name: "Connect extension" }).click();
  const find = () => browserContext.pages().find((one) => one.url() === WELCOME);
  await expect.poll(find).toBeDefined();
  const welcome = find() as Page;
  await expect(welcome.locator("#offer-address")).toHaveText(server.origin);
  await welcome.locator("#accept-offer").click();
  await expect(welcome.locator("#outcome")).toContainText("Connected. Model: smollm2-135m.");
  await expect.poll(() => new Ghost(welcome).text()).toMatch(/^stions/);
  await welcome.close();
  const { server: kept } = await inWorker<{ server: { token: string } }>(
    browserContext,
    "chrome.storage.local.get('server')",
  );
  expect(kept.token).not.toBe(REAL_TOKEN);
  await show('<textarea id="field" rows="4" cols="70"></textarea>');
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
});
