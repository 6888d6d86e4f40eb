import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { inWorker, launch, pair } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { HAPROXY, RealServers } from "./haproxy.ts";
import { Hint } from "./hint.ts";
import { REAL_TOKEN } from "./real-server.ts";

const SENTENCE = "Please let me know if you have any que";
const CONNECTED = "Foretype: connected";
const KEY_MS = 30;

let servers: RealServers;
let context: BrowserContext;
let page: Page;
/** What the page wrote to its console. */
let noise: string[];

test.skip(HAPROXY === undefined, "HAProxy is not installed: tools/need haproxy");
// Two servers load their models, six times in all, on the cores that the browser needs, too.
test.setTimeout(180_000);

test.beforeEach(async () => {
  servers = await RealServers.start(2);
  context = await launch();
  const options = await context.newPage();
  await pair(options, servers.origin, REAL_TOKEN);
  await expect(options.getByRole("status")).toContainText("Connected.");
  await options.close();
  page = await context.newPage();
  noise = [];
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(String(error)));
  const body =
    '<!doctype html><title>A page</title><link rel="icon" href="data:,"><textarea id="field" rows="12" cols="70"></textarea>';
  await page.route("http://page.test/", (route) => route.fulfill({ body, contentType: "text/html; charset=utf-8" }));
  await page.goto("http://page.test/");
  await page.locator("#field").click();
});

test.afterEach(async () => {
  await context?.close();
  await servers?.stop();
});

/** Records each tooltip that the toolbar icon gets from now on. */
const recordTitles = () =>
  inWorker(
    context,
    `(() => {
      const set = chrome.action.setTitle.bind(chrome.action);
      globalThis.titles = [];
      chrome.action.setTitle = (of) => { globalThis.titles.push(of.title); return set(of); };
    })()`,
  );

test("while servers are restarted and killed, the person loses no key, sees no error, and gets suggestions again", async () => {
  const ghost = new Ghost(page);
  const hint = new Hint(page);
  const hints = new Set<string | null>();
  let written = "";

  const type = async (text: string) => {
    written += text;
    await page.keyboard.type(text, { delay: KEY_MS });
    hints.add(await hint.text());
  };
  /** Types until `event` has happened, and a suggestion for a new sentence comes again. */
  const typeWhile = async (event: () => Promise<void>) => {
    let isOver = false;
    const happened = event().finally(() => {
      isOver = true;
    });
    do await type("It works. ");
    while (!isOver);
    await happened;
    await type(SENTENCE);
    await expect.poll(() => ghost.text()).toMatch(/^stions/);
    await type("stions.\n");
  };

  await typeWhile(async () => {});
  await recordTitles();
  for (const server of servers.servers) {
    await typeWhile(() => server.drain());
    await typeWhile(() => servers.restart(server));
  }
  for (const server of servers.servers) {
    await typeWhile(() => server.kill());
    await typeWhile(() => servers.restart(server));
  }

  await expect(page.locator("#field")).toHaveValue(written);
  expect([...hints]).toEqual([null]);
  const titles = await inWorker<string[]>(context, "globalThis.titles");
  // The test sees the moves: after each of them the icon is set again.
  expect(titles.length).toBeGreaterThan(1);
  expect([...new Set(titles)]).toEqual([CONNECTED]);
  expect(noise).toEqual([]);
});
