import { test as base, chromium, expect, type Page } from "@playwright/test";
import { CHROMIUM, FLAGS } from "./chromium.ts";
import { Ghost, type Rect } from "./ghost.ts";
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

test("typed text is one undo step, although the figures change at each key", async ({ page, server, ghost }) => {
  server.script = ({ before }) => ` or ${before.length} other words`;
  await page.goto(`${server.origin}/#code=${CODE}`);
  await expect(page.getByText("Model loaded: scripted")).toBeVisible();
  const field = page.locator("#message");
  // The first letter after a deletion would be a step of its own, also without Foretype.
  await field.evaluate((one: HTMLTextAreaElement) => {
    one.value = "";
    one.focus();
  });
  for (const letter of "Thanks for all") {
    await page.keyboard.type(letter);
    await expect.poll(() => server.keystrokes.at(-1)?.before.endsWith(letter)).toBe(true);
  }
  await ghost.expectText(" or 14 other words");
  await page.keyboard.press("Control+z");
  await expect(field).toHaveValue("");
});

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
    await page.keyboard.type("471 secret");
  }
  await page.locator("#comment").click();
  await page.keyboard.type("ok");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("ok");
  // Digits alone would also be found in the server's port, and in a key or a nonce.
  expect(JSON.stringify(server.received)).not.toMatch(/1 s|secret/);
});

/** Styles of a text box, and the text in it before the typed text. */
const STYLES: Record<string, { field: string; style: Record<string, string>; before?: string }> = {
  "a text area": { field: "#message", style: {} },
  "a text area with an indent": { field: "#message", style: { "text-indent": "60px" } },
  "a text area of several lines": {
    field: "#message",
    style: { width: "260px", height: "200px" },
    before: "A line.\n",
  },
  "a text area with space for scroll bars": {
    field: "#message",
    style: { "scrollbar-gutter": "stable both-edges", overflow: "auto" },
  },
  "an enlarged text area": { field: "#message", style: { zoom: "1.3", width: "500px" } },
  "an input": { field: "#subject", style: { width: "600px" } },
  "an input with an indent": { field: "#subject", style: { width: "600px", "text-indent": "34px" } },
  "a full input": { field: "#subject", style: { width: "500px" }, before: "and a few words, ".repeat(200) },
};

test("ghost text is at the same place, with the browser's own box of the caret and with the text laid out again", async ({
  page,
  server,
  ghost,
}) => {
  const places = async (): Promise<Record<string, Rect>> => {
    const found: Record<string, Rect> = {};
    for (const [name, { field, style, before = "" }] of Object.entries(STYLES)) {
      await openPlayground(page, server.origin, TOKEN);
      await expect(page.getByText("Model loaded: scripted")).toBeVisible();
      await page.locator(field).evaluate((element, style) => {
        for (const [property, value] of Object.entries(style))
          (element as HTMLElement).style.setProperty(property, value);
      }, style);
      await page.locator(field).fill(before);
      await page.locator(field).focus();
      await page.keyboard.press("Control+End");
      await page.keyboard.type("Thanks for the qui");
      await ghost.expectText("ck response");
      found[name] = await ghost.rect();
    }
    return found;
  };
  server.script = ({ before }) => (before.endsWith("Thanks for the qui") ? "ck response" : "");
  const measured = await places();
  expect(await page.evaluate(() => "createValueRange" in HTMLInputElement.prototype)).toBe(true);
  await page.addInitScript(() => {
    for (const { prototype } of [HTMLInputElement, HTMLTextAreaElement])
      Reflect.deleteProperty(prototype, "createValueRange");
  });
  const laidOut = await places();
  expect(await page.evaluate(() => "createValueRange" in HTMLInputElement.prototype)).toBe(false);
  for (const [name, one] of Object.entries(measured)) {
    const other = laidOut[name] as Rect;
    expect(Math.abs(one.left - other.left), name).toBeLessThan(1);
    expect(Math.abs(one.top - other.top), name).toBeLessThan(1);
  }
});
