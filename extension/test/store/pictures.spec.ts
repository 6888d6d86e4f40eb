import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "@playwright/test";
import { dayOf } from "../../src/savings.ts";
import { CHROMIUM, FLAGS } from "../browser/chromium.ts";
import { inWorker, OPTIONS, WELCOME } from "../browser/fixtures.ts";
import { Ghost } from "../browser/ghost.ts";
import { openPopup } from "../browser/popup-page.ts";
import { expect, test } from "../browser/real-fixtures.ts";
import { FONT, promoTile, screenshotPage, storeIcon, type Window } from "./frame.ts";
import { FORM, MAIL, MAIL_BESIDE_POPUP, type Scene } from "./scenes.ts";

/** `npm run store:pictures`: the pictures for the stores, with the real model, for each language in `store/`. */
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const FOLDER = at("../../test-results/store");
const LISTINGS = at("../../store");
const ICON = readFileSync(at("../../icons/foretype.svg"), "utf8");

/** The size of the page in a window, in its own pixels. Screenshots have two pixels for each. */
const WIDE = { width: 640, height: 338 };
const NARROW = { width: 560, height: 662 };

/** What is typed on the welcome page. The model completes it with two words. */
const TRIED = "I look forward to hearing f";

interface Captions {
  readonly screenshots: readonly { readonly name: string; readonly headline: string }[];
  readonly promoTile: readonly [string, string];
}

interface Shot {
  readonly windows: readonly Window[];
  readonly popup?: Buffer;
}

// On a slow or busy machine, too, the model finds the second word.
test.use({ settings: { FORETYPE_BUDGET_MS: "5000" } });

test("the pictures for the stores are taken", async ({ page, server }) => {
  test.setTimeout(120_000);
  const context = page.context();
  await inWorker(context, `chrome.storage.local.set(${JSON.stringify({ saved: aMonth() })})`);
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setScrollbarsHidden", { hidden: true });
  const shots = new Map<string, Shot>();
  await write(page, FORM);
  shots.set("form", { windows: [{ address: "library.example.org", png: await page.screenshot() }] });
  await write(page, MAIL);
  const mail = { address: "mail.example.org", png: await page.screenshot() };
  shots.set("mail", { windows: [mail] });
  await write(page, MAIL_BESIDE_POPUP);
  const beside = { ...mail, png: await page.screenshot() };
  const popup = await openPopup(page);
  await setFont(popup);
  await expect(popup.getByRole("status")).toContainText("On.");
  shots.set("popup", { windows: [beside], popup: await popup.locator("body").screenshot() });
  await popup.close();
  shots.set("options", { windows: await optionsWindows(page) });
  shots.set("welcome", { windows: await welcomeWindows(page, server.origin) });
  await compose(shots);
});

async function write(page: Page, { address, html, typed, suggestion }: Scene): Promise<void> {
  await page.setViewportSize(WIDE);
  const body = `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${html}`;
  await page.route(address, (route) => route.fulfill({ body, contentType: "text/html; charset=utf-8" }));
  await page.goto(address);
  await page.locator("#field").click();
  for (const [index, line] of typed.entries()) {
    if (index > 0) await page.keyboard.press("Enter");
    await page.keyboard.type(line);
  }
  await expectSuggestion(page, typed.at(-1) ?? "", suggestion);
}

/** On a busy machine, the server may have had the time for one word only. The same letter, typed again, asks again. */
async function expectSuggestion(page: Page, typed: string, suggestion: RegExp): Promise<void> {
  const ghost = new Ghost(page);
  const textOrAgain = async () => {
    const text = await ghost.text();
    if (text !== null && !suggestion.test(text)) {
      await page.keyboard.press("Backspace");
      await page.keyboard.type(typed.slice(-1));
    }
    return text;
  };
  await expect.poll(textOrAgain, { timeout: 20_000, intervals: [1000] }).toMatch(suggestion);
}

/** The font of the other pages in the pictures. The system font of a machine without a desktop is a wide one. */
const setFont = (page: Page) =>
  page.evaluate((font) => {
    document.body.style.fontFamily = font;
  }, FONT);

async function optionsWindows(page: Page): Promise<Window[]> {
  await page.setViewportSize(NARROW);
  await page.goto(OPTIONS);
  await setFont(page);
  const pictures = [];
  for (const heading of ["#how-much", "#savings"]) {
    await page.locator(heading).evaluate((one) => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 24));
    pictures.push({ png: await page.screenshot() });
  }
  return pictures;
}

/** The page before the browser is connected, and after it. */
async function welcomeWindows(page: Page, origin: string): Promise<Window[]> {
  const context = page.context();
  const paired = await inWorker(context, "chrome.storage.local.get('server')");
  await inWorker(context, "chrome.storage.local.remove('server')");
  await page.setViewportSize(NARROW);
  // The server of this run has a random port. The page checks the default port, as it does for every user.
  await page.route("http://127.0.0.1:22738/healthz", async (route) =>
    route.fulfill({ response: await route.fetch({ url: `${origin}/healthz` }) }),
  );
  await page.goto(WELCOME);
  await setFont(page);
  await expect(page.locator("#server")).toContainText("is running");
  await page.evaluate(() => window.scrollTo(0, 40));
  const first = await page.screenshot();

  await inWorker(context, `chrome.storage.local.set(${JSON.stringify(paired)})`);
  await page.reload();
  await setFont(page);
  await page.locator("#message").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(TRIED);
  await page.mouse.move(0, 0);
  await page.locator("#try").evaluate((one) => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 24));
  await expectSuggestion(page, TRIED, /^rom you/);
  return [{ png: first }, { png: await page.screenshot() }];
}

/** A month of use. */
function aMonth() {
  const day = (back: number) => dayOf(new Date(Date.now() - back * 86_400_000));
  const days = Array.from({ length: 30 }, (_, index) => ({
    day: day(29 - index),
    taken: 90,
    keys: index % 7 > 4 ? 40 : 300 + ((index * 733) % 900),
  }));
  return { days, earlier: { taken: 900, keys: 7_200 }, since: day(60), sites: [] };
}

async function compose(shots: ReadonlyMap<string, Shot>): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const languages = readdirSync(LISTINGS, { withFileTypes: true }).filter((one) => one.isDirectory());
  for (const { name: language } of languages) {
    const folder = `${FOLDER}/${language}`;
    mkdirSync(folder, { recursive: true });
    const captions = JSON.parse(readFileSync(`${LISTINGS}/${language}/screenshots.json`, "utf8")) as Captions;
    for (const [index, { name, headline }] of captions.screenshots.entries()) {
      const shot = shots.get(name);
      if (!shot)
        throw new Error(`store/${language}/screenshots.json: there is no picture "${name}", only ${[...shots.keys()]}`);
      await draw(
        browser,
        screenshotPage(headline, shot.windows, shot.popup),
        [1280, 800],
        `${folder}/${index + 1}-${name}.png`,
      );
    }
    await draw(browser, promoTile(ICON, captions.promoTile), [440, 280], `${folder}/promo-tile.png`);
  }
  await draw(browser, storeIcon(ICON), [128, 128], `${FOLDER}/icon-128.png`, true);
  await browser.close();
}

async function draw(
  browser: Browser,
  html: string,
  [width, height]: readonly [number, number],
  path: string,
  omitBackground = false,
): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 1 });
  await page.setContent(html);
  await page.screenshot({ path, omitBackground });
  await page.close();
}
