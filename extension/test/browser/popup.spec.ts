import { readFileSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, Page } from "@playwright/test";
import { DEFAULT_ADDRESS } from "../../src/protocol/address.ts";
import type { PairedServer } from "../../src/storage.ts";
import { expect, iconTitleIn, inWorker, OPTIONS, test } from "./fixtures.ts";
import { openPopup } from "./popup-page.ts";
import { knows } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response";
const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';

test.afterEach(({ browserContext }) =>
  inWorker(browserContext, 'chrome.storage.local.remove(["preferences", "saved"])'),
);

test("the popup shows the status, and turns this site off and on", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show(TEXTAREA, "Thanks for the qui");
  await ghost.expectText("ck response");
  const popup = await openPopup(page);
  await expect(popup.getByRole("status")).toHaveText("On. Suggestions appear while you write.");
  await popup.screenshot({ path: "test-results/popup.png" });

  await popup.getByLabel("127.0.0.1").uncheck();
  await expect(popup.getByRole("status")).toHaveText(
    "Off on this site. To see one suggestion, press Ctrl + Space in a field.",
  );
  await page.bringToFront();
  await ghost.expectText(null);
  const { length } = server.keystrokes;
  await page.keyboard.type("c");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).not.toBeFocused();
  expect(server.keystrokes).toHaveLength(length);

  await popup.getByLabel("127.0.0.1").check();
  await page.bringToFront();
  await page.locator("#field").focus();
  await page.keyboard.type("k");
  await ghost.expectText(" response");
  await popup.close();
});

test("a site is on if its host only resembles one that is off", async ({ ghost, server, show, browserContext }) => {
  server.script = knows(SENTENCE);
  await inWorker(
    browserContext,
    'chrome.storage.local.set({ preferences: { sitesOff: ["127.0.0.10", "127.0.0", "x127.0.0.1"] } })',
  );
  await show(TEXTAREA, "Thanks");
  await ghost.expectText(" for the quick response");
});

test("a frame is off if the site around it is off, also a frame of another site", async ({
  page,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  server.pages.set("/inner", `<!doctype html>${TEXTAREA}`);
  await inWorker(browserContext, 'chrome.storage.local.set({ preferences: { sitesOff: ["127.0.0.1"] } })');
  await show(
    `<iframe src="${server.origin.replace("127.0.0.1", "localhost")}/inner" width="600" height="200"></iframe>`,
  );
  await page.frameLocator("iframe").locator("#field").click();
  await page.keyboard.type("Thanks", { delay: 30 });
  await page.keyboard.press("Tab");
  await expect(page.frameLocator("iframe").locator("#field")).toHaveValue("Thanks");
  expect(server.keystrokes).toEqual([]);
});

test("a pause applies to all sites, and can be ended", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show(TEXTAREA);
  const popup = await openPopup(page);
  await popup.getByRole("button", { name: "Pause 1 hour" }).click();
  await expect(popup.getByRole("status")).toHaveText("Paused on all sites.");
  await page.bringToFront();
  await page.locator("#field").click();
  await page.keyboard.type("Thanks");
  await ghost.expectText(null);
  expect(server.keystrokes).toEqual([]);
  await popup.getByRole("button", { name: "Resume" }).click();
  await page.bringToFront();
  await page.keyboard.type(" for");
  await ghost.expectText(" the quick response");
  await popup.close();
});

test("the popup counts what was accepted today, and stores only numbers", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  await show(TEXTAREA, "Thanks for the qui");
  await ghost.expectText("ck response");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue(SENTENCE);
  const popup = await openPopup(page);
  await expect(popup.locator("#saved")).toHaveText("Today: 9 keystrokes saved. Accepted words and suggestions: 2.");
  const kept = (await inWorker(browserContext, "chrome.storage.local.get('saved')")) as { saved: object };
  const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
  expect(kept.saved).toEqual({
    days: [{ day, taken: 2, keys: 9 }],
    earlier: { taken: 0, keys: 0 },
    since: day,
    sites: [],
  });
  await popup.close();
});

for (const [name, html, sentence] of [
  ["a password", '<input id="field" type="password">', "Foretype does not read this field"],
  [
    "a field of a page that has opted out",
    '<textarea id="field" writingsuggestions="false"></textarea>',
    "Foretype does not read this field",
  ],
  ["a message", '<textarea id="field"></textarea>', "Suggestions appear while you write."],
  ["no field", '<p id="field">Text</p>', "Start writing in a field."],
] as const) {
  test(`for ${name} the popup says: ${sentence}`, async ({ page, show }) => {
    await show(html);
    await page.locator("#field").click();
    const popup = await openPopup(page);
    await expect(popup.getByRole("status")).toContainText(sentence);
    await popup.close();
  });
}

test("after a failed write the field gets no suggestions, nothing is written twice, and the popup says so", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows(SENTENCE);
  await show(TEXTAREA);
  // A page that reverts every change.
  await page.locator("#field").evaluate((field: HTMLTextAreaElement) => {
    field.addEventListener("input", () => {
      if (field.value.length > 18) field.value = field.value.slice(0, 18);
    });
  });
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await ghost.expectText("ck response");
  await page.keyboard.press("Tab");
  await ghost.expectText(null);
  await expect(page.locator("#field")).toHaveValue("Thanks for the qui");
  expect(server.of("accepted")).toEqual([]);
  const popup = await openPopup(page);
  await expect(popup.getByRole("status")).toContainText("a word was not inserted correctly");
  await popup.close();
});

test("where the page suggests text itself, the popup says so, and can turn on suggestions beside the page's", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  const grey = '<span contenteditable="false" style="color: #999">ck reply</span>';
  await show('<div id="field" contenteditable="true" style="width: 500px; min-height: 60px"></div>');
  await page.locator("#field").evaluate((field, html) => {
    field.addEventListener("input", () => {
      field.querySelector("span")?.remove();
      if (field.textContent?.endsWith("qui")) field.insertAdjacentHTML("beforeend", html);
    });
  }, grey);
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for the qui");
  const popup = await openPopup(page);
  await expect(popup.getByRole("status")).toHaveText("This page suggests text itself, so Foretype shows nothing here.");
  for (const scheme of ["light", "dark"] as const) {
    await popup.emulateMedia({ colorScheme: scheme });
    const { violations } = await new AxeBuilder({ page: popup }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await popup.screenshot({ path: `test-results/images/popup-by-page-${scheme}.png` });
  }
  await popup.getByLabel("Show Foretype's suggestions as well").check();
  await expect(popup.getByRole("status")).toContainText("so Foretype's suggestions are below the line");
  await page.bringToFront();
  await ghost.expectText("ck response");
  await page.screenshot({ path: "test-results/images/by-page.png" });
  const line = await ghost.rectOfTyped("ck reply");
  expect((await ghost.rect()).top).toBeGreaterThanOrEqual(line.bottom - 1);
  await popup.getByLabel("Show Foretype's suggestions as well").uncheck();
  await page.bringToFront();
  await ghost.expectText(null);
  await popup.close();
  await inWorker(browserContext, 'chrome.storage.local.remove("preferences")');
});

/** Stores another address of the server, as if the browser had been paired there. Returns a function that restores it. */
async function pairedAt(context: BrowserContext, origin: string): Promise<() => Promise<unknown>> {
  const { server } = (await inWorker(context, 'chrome.storage.local.get("server")')) as { server: PairedServer };
  const write = (now: PairedServer) =>
    inWorker(context, `chrome.storage.local.set({ server: ${JSON.stringify(now)} })`);
  await write({ ...server, origin });
  return () => write(server);
}

test("if this browser was paired at the earlier default port and a server answers at the new one, the popup says so", async ({
  page,
  server,
  show,
  browserContext,
}) => {
  await show(TEXTAREA, "Hello");
  await expect.poll(() => server.keystrokes.length).toBeGreaterThan(0);
  const restore = await pairedAt(browserContext, "http://127.0.0.1:8765");
  await browserContext.route("http://127.0.0.1:8765/**", (route) => route.abort());
  await browserContext.route(`${DEFAULT_ADDRESS}/healthz`, (route) => route.fulfill({ json: { status: "ready" } }));
  await page.locator("#field").click();
  await page.keyboard.type(" again");
  await expect
    .poll(() => textInPopup(page))
    .toBe(`The server's default address has changed. Open ${DEFAULT_ADDRESS} and press “Connect extension”.`);
  await browserContext.unrouteAll();
  await restore();
});

/** The popup's status sentence. */
async function textInPopup(page: Page): Promise<string | null> {
  const popup = await openPopup(page);
  const text = await popup.getByRole("status").textContent();
  await popup.close();
  return text;
}

test("if the server is unreachable, the popup says how to start it, and axe finds no problems", async ({
  page,
  server,
  show,
  browserContext,
}) => {
  await show(TEXTAREA, "Hello");
  await expect.poll(() => server.keystrokes.length).toBeGreaterThan(0);
  await server.stop();
  await expect
    .poll(() => textInPopup(page))
    .toBe("The server is unreachable. Start it in Foretype's folder with: make serve");
  const popup = await openPopup(page);
  await expect(popup.locator("#more")).toHaveText(
    "To start it at each login: foretype service install. If it is installed but stopped, foretype service status says why.",
  );
  for (const scheme of ["light", "dark"] as const) {
    await popup.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page: popup }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
    await popup.screenshot({ path: `test-results/images/popup-unreachable-${scheme}.png`, fullPage: true });
  }
  await popup.close();
  await server.start();
  // The extension waits up to ten seconds between two attempts to connect. The next test must not begin within them.
  await expect.poll(() => iconTitleIn(browserContext), { timeout: 20_000 }).toBe("Foretype: connected");
});

test("a key is chosen by pressing it, and works at once, also on open pages", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  await show(TEXTAREA);
  const options = await browserContext.newPage();
  await options.goto(OPTIONS);
  await options.getByRole("button", { name: "Accept next word: Tab. Change" }).click();
  await options.keyboard.press("a");
  await expect(options.locator("#key-outcome")).toContainText("needed for typing");
  await options.getByRole("button", { name: "Accept next word: Tab. Change" }).click();
  await options.keyboard.press("Escape");
  await expect(options.locator("#key-outcome")).toContainText("is already used");
  await options.getByRole("button", { name: "Accept next word: Tab. Change" }).click();
  await options.keyboard.press("Control+Enter");
  await expect(options.locator("#key-outcome")).toHaveText("Accept next word: Ctrl + Enter.");
  await options.getByRole("button", { name: "Dismiss: turn off" }).click();
  await expect(options.locator("#key-outcome")).toHaveText("Dismiss: Off.");
  await page.bringToFront();
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await ghost.expectText("ck response");
  await page.keyboard.press("Escape");
  await ghost.expectText("ck response");
  await page.keyboard.press("Control+Enter");
  await expect(page.locator("#field")).toHaveValue("Thanks for the quick");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).not.toBeFocused();
  await options.close();
});

test("screen readers get each suggestion from a polite live region if that is turned on, and nothing of the ghost text itself", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  await show(TEXTAREA);
  const session = await page.context().newCDPSession(page);
  const said = async () => {
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const region = nodes.find(({ role }) => role?.value === "status");
    const heard = JSON.stringify(nodes.map(({ name }) => name?.value));
    return { region: region !== undefined, heard: heard.includes("ck response") };
  };
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await ghost.expectText("ck response");
  expect(await said()).toEqual({ region: false, heard: false });
  await inWorker(browserContext, "chrome.storage.local.set({ preferences: { spoken: true } })");
  await expect.poll(said).toEqual({ region: true, heard: true });
  await page.keyboard.press("Escape");
  await expect.poll(said).toEqual({ region: true, heard: false });
  await page.locator("#field").blur();
  await expect.poll(said).toEqual({ region: false, heard: false });
});

test("every permission is explained", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  const manifest = JSON.parse(read("../../.output/chrome-mv3/manifest.json"));
  const explained = read("../../PERMISSIONS.md");
  const { permissions, optional_permissions, host_permissions, optional_host_permissions, content_scripts } = manifest;
  const unexplained = [permissions, optional_permissions, host_permissions, optional_host_permissions]
    .flat()
    .filter((one) => !explained.includes(`\`${one}\``));
  expect(unexplained).toEqual([]);
  // No script runs on a site that was not allowed.
  expect(content_scripts).toBeUndefined();
});

test("how sure the server must be, and the sites that are off, are chosen in the options", async ({
  browserContext,
}) => {
  await inWorker(browserContext, 'chrome.storage.local.set({ preferences: { sitesOff: ["mail.test"] } })');
  const options = await browserContext.newPage();
  await options.goto(OPTIONS);
  await options.getByLabel("How sure").selectOption("Only when sure");
  await options.getByLabel("Code editors").check();
  await options.getByRole("button", { name: "Turn on for mail.test" }).click();
  await expect(options.getByText("mail.test")).toHaveCount(0);
  const kept = (await inWorker(browserContext, "chrome.storage.local.get('preferences')")) as { preferences: object };
  expect(kept.preferences).toMatchObject({ sureness: "calm", codeToo: true, sitesOff: [] });
  await options.close();
});

test("an options page that stays open does not undo later changes by the popup", async ({ browserContext }) => {
  const options = await browserContext.newPage();
  await options.goto(OPTIONS);
  await expect(options.getByLabel("How sure")).toHaveValue("balanced");
  await inWorker(browserContext, 'chrome.storage.local.set({ preferences: { sitesOff: ["mail.test"] } })');
  await expect(options.getByText("mail.test")).toBeVisible();
  await options.getByLabel("How sure").selectOption("Only when sure");
  const kept = () => inWorker(browserContext, "chrome.storage.local.get('preferences').then(JSON.stringify)");
  await expect.poll(kept).toContain('"calm"');
  expect(await kept()).toContain("mail.test");
  await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
  await options.close();
});

test("a kind of field that is turned off gets no suggestions, also on open pages, and the popup says so", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  await show(`<input id="line"><input id="search" type="search">${TEXTAREA}`);
  const options = await browserContext.newPage();
  await options.goto(OPTIONS);
  await options.getByLabel("Search boxes").uncheck();
  await options.getByLabel("Single-line fields").uncheck();
  await options.close();
  for (const id of ["line", "search"]) {
    await page.locator(`#${id}`).click();
    await page.keyboard.type("zq");
  }
  const popup = await openPopup(page);
  await expect(popup.getByRole("status")).toContainText("You turned off suggestions for fields of this kind");
  await popup.close();
  await page.bringToFront();
  await page.locator("#field").click();
  await page.keyboard.type("Thanks");
  await ghost.expectText(" for the quick response");
  expect(JSON.stringify(server.received)).not.toContain("zq");
});

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds no problems on popup and options, in ${scheme} and at twice the size`, async ({ page, show }) => {
    await show(TEXTAREA);
    const popup = await openPopup(page);
    for (const address of [popup.url(), OPTIONS]) {
      await popup.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await popup.goto(address);
      for (const zoom of ["1", "2"]) {
        await popup.evaluate((size) => document.documentElement.style.setProperty("zoom", size), zoom);
        const { violations } = await new AxeBuilder({ page: popup }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
      }
      await popup.evaluate(() => document.documentElement.style.setProperty("zoom", "1"));
      const name = address === OPTIONS ? "options" : "popup";
      await popup.screenshot({ path: `test-results/images/${name}-${scheme}.png`, fullPage: true });
    }
    await popup.close();
  });
}
