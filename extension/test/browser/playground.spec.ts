import { test as base, chromium, expect, type Page } from "@playwright/test";
import { CHROMIUM, FLAGS } from "./chromium.ts";
import { Ghost } from "./ghost.ts";
import { openPlayground } from "./playground-page.ts";
import { CODE, knows, PLAYGROUND, ScriptedServer, TOKEN } from "./scripted-server.ts";

interface Playground {
  server: ScriptedServer;
  page: Page;
  ghost: Ghost;
}

const test = base.extend<Playground>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  server: async ({}, use) => {
    const server = new ScriptedServer();
    server.servePlayground(PLAYGROUND);
    await server.start();
    server.script = knows("Thanks for the quick response");
    await use(server);
    await server.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: likewise
  page: async ({}, use) => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    await use(await browser.newPage());
    await browser.close();
  },
  ghost: async ({ page }, use) => use(new Ghost(page)),
});

const FIELDS = ["#message", "#rich", "#subject", "#comment", "#search"];

test("the address that the server prints pairs the page, and the code is removed from the address", async ({
  page,
  server,
  ghost,
}) => {
  const noise: string[] = [];
  page.on("console", (message) => noise.push(message.text()));
  await page.goto(`${server.origin}/#code=${CODE}`);
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  expect(page.url()).toBe(`${server.origin}/`);
  expect(await page.evaluate(() => localStorage.getItem("foretype-token"))).toBe(TOKEN);
  for (const selector of FIELDS) {
    const field = page.locator(selector);
    await field.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Thanks for the qui");
    await ghost.expectText("ck response");
    await page.keyboard.press("Tab");
    await ghost.expectText(" response");
  }
  await expect(page.locator("#from-tree")).not.toHaveText("0");
  await expect(page.locator("#median")).toContainText("ms");
  await expect(page.locator("#saved")).toHaveText(String(FIELDS.length));
  expect(noise).toEqual([]);
  await page.reload();
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
});

test("without a code the page says how to get one, and accepts it", async ({ page, server }) => {
  await page.goto(server.origin);
  await expect(page.getByRole("heading", { name: "Pair this page" })).toBeVisible();
  await page.getByLabel("Pairing code").fill("WRNG-CODE");
  await page.getByRole("button", { name: "Pair" }).click();
  await expect(page.getByText("This pairing code is wrong")).toBeVisible();
  await page.getByLabel("Pairing code").fill(CODE);
  await page.getByRole("button", { name: "Pair" }).click();
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Pair this page" })).toBeHidden();
});

const keptToken = (page: Page) => page.evaluate(() => localStorage.getItem("foretype-token"));

test("if the server refuses the token, the page asks for a code, and replaces the token when another one was accepted", async ({
  page,
  server,
}) => {
  await openPlayground(page, server.origin, "revoked");
  await expect(page.getByText("The server no longer accepts this page.")).toBeVisible();
  expect(await keptToken(page)).toBe("revoked");
  await page.getByLabel("Pairing code").fill(CODE);
  await page.getByRole("button", { name: "Pair" }).click();
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  expect(await keptToken(page)).toBe(TOKEN);
});

test("an address that another page has made up does not replace a token that works", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  for (const fragment of ["#code=WRNG-CODE", "#token=made-up"]) {
    await page.goto(`${server.origin}/healthz`);
    await page.goto(`${server.origin}/${fragment}`);
    await expect(page.getByText("Model loaded: scripted")).toBeVisible();
    expect(await keptToken(page)).toBe(TOKEN);
  }
  expect(server.pairings).toEqual([]);
});

test("a code from the address is sent as one of a link, a typed code is not", async ({ page, server }) => {
  await page.goto(`${server.origin}/#code=WRNG-CODE`);
  await expect(page.getByText("This pairing code is wrong")).toBeVisible();
  await page.getByLabel("Pairing code").fill(CODE);
  await page.getByRole("button", { name: "Pair" }).click();
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  expect(server.pairings.map(({ code, by_link }) => [code, by_link])).toEqual([
    ["WRNG-CODE", true],
    [CODE, undefined],
  ]);
});

test("the page sends nothing to another program that answers on the server's port", async ({ page, server }) => {
  for (const knowledge of ["proves nothing", "proves another token"] as const) {
    server.knowledge = knowledge;
    await openPlayground(page, server.origin, TOKEN);
    await expect(page.getByText("Another program answers on this port.")).toBeVisible();
    await page.locator("#comment").click();
    await page.keyboard.type("typed text");
  }
  expect(server.received.map(({ type }) => type).filter((type) => type !== "hello")).toEqual([]);
  expect(JSON.stringify(server.received)).not.toMatch(new RegExp(`typed|${TOKEN}`));
  expect(await keptToken(page)).toBe(TOKEN);
});

test("the page says when the server becomes unreachable, and when it is back", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  await server.stop();
  await expect(page.getByText("The server is unreachable. Retrying")).toBeVisible();
  await server.start();
  await expect(page.getByText("Model loaded: scripted")).toBeVisible({ timeout: 20_000 });
});

test("the playground does not read passwords and codes either", async ({ page, server }) => {
  await openPlayground(page, server.origin, TOKEN);
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  for (const selector of ["#passcode", "#otp"]) {
    await page.locator(selector).click();
    await page.keyboard.type("4711");
  }
  await page.locator("#comment").click();
  await page.keyboard.type("ok");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("ok");
  expect(JSON.stringify(server.received)).not.toContain("47");
});
