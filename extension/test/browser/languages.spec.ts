import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "@playwright/test";
import { problemsOn } from "./accessibility.ts";
import { test as base, expect, install, inWorker, OPTIONS, WELCOME, welcomeOf } from "./fixtures.ts";
import { openPopup } from "./popup-page.ts";

/** The browser's language, the one of Foretype that it takes, and where that one is. */
const LANGUAGES = [
  { browser: "en-GB", page: "en", folder: "en" },
  { browser: "de", page: "de", folder: "de" },
  { browser: "fr", page: "fr", folder: "fr" },
  { browser: "es", page: "es", folder: "es" },
  { browser: "pt-BR", page: "pt-BR", folder: "pt_BR" },
  { browser: "zh-CN", page: "zh-CN", folder: "zh_CN" },
] as const;

const messagesOf = (folder: string): Record<string, { message: string }> =>
  JSON.parse(readFileSync(new URL(`../../public/_locales/${folder}/messages.json`, import.meta.url), "utf8"));
const ENGLISH = messagesOf("en");

/** Preferences and numbers with which the options page shows all of its lists. */
const STORED = {
  preferences: {
    sitesOff: ["a-long-name.of-a-site.example.org"],
    amounts: { "mail.example.org": { moment: "key", length: 5, sureness: "calm" } },
    snippets: [{ trigger: ";address", text: "12 Example Street, Exampletown, and more of it" }],
    countSites: true,
  },
  saved: {
    days: [{ day: "2026-11-05", taken: 12, keys: 3456 }],
    earlier: { taken: 0, keys: 0 },
    since: "2026-11-05",
    sites: [{ host: "a-long-name.of-a-site.example.org", taken: 12, keys: 3456 }],
  },
};

/** Shows also what the page shows only in some states: outcomes, questions, details. */
const showAll = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const one of document.querySelectorAll("[hidden]:not([type=file])")) one.removeAttribute("hidden");
    for (const one of document.querySelectorAll("details")) one.open = true;
  });

/** The elements whose text is wider than they are, and whether the page is wider than the window. */
const cutOn = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const name = (one: Element) => `${one.tagName} ${one.id} ${one.textContent?.trim()}`;
    const seen = [...document.body.querySelectorAll<HTMLElement>("*:not(.unseen, pre, input, svg *)")];
    const cut = seen.filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1).map(name);
    // A list hides the end of its longest value.
    for (const list of document.querySelectorAll("select")) {
      const given = list.offsetWidth;
      list.style.cssText = "width: max-content; min-width: 0; max-width: none";
      if (list.offsetWidth > given) cut.push(name(list));
      list.style.cssText = "";
    }
    return document.documentElement.scrollWidth > innerWidth ? [...cut, "wider than the window"] : cut;
  });

async function expectNothingCut(page: Page, widths: readonly number[]): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 700 });
    expect(await cutOn(page), `${page.url()} at ${width} px`).toEqual([]);
    if (process.env.FORETYPE_PICTURES) {
      const lang = await page.locator("html").getAttribute("lang");
      const name = new URL(page.url()).pathname.replace(/\W+/g, "-");
      await page.screenshot({ path: `${process.env.FORETYPE_PICTURES}/${lang}${name}${width}.png`, fullPage: true });
    }
  }
}

/** Every text is there, in the language, and none in English. */
async function expectAllIn(page: Page, folder: string): Promise<void> {
  const filled = page.locator("[data-i18n]");
  for (const text of await filled.allTextContents()) expect(text).not.toBe("");
  const own = messagesOf(folder);
  const all = (await page.locator("body").textContent()) ?? "";
  const english = Object.entries(ENGLISH)
    .filter(([name, { message }]) => message.length > 12 && message !== own[name]?.message)
    .map(([, { message }]) => message.replaceAll("`", "").split(/\$\d/)[0] ?? "")
    .filter((beginning) => beginning.length > 12 && all.includes(beginning));
  expect(english).toEqual([]);
}

const test = base.extend<{ speaking: (language: string) => Promise<BrowserContext> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  speaking: async ({}, use) => {
    const started: BrowserContext[] = [];
    await use(async (language) => {
      const context = await install({ language });
      started.push(context);
      return context;
    });
    for (const context of started) await context.close();
  },
});

for (const { browser, page: language, folder } of LANGUAGES)
  test(`in a browser in ${browser}, all pages are in ${language}, and nothing is cut`, async ({ speaking }) => {
    const context = await speaking(browser);
    const welcome = await welcomeOf(context);
    await inWorker(context, `chrome.storage.local.set(${JSON.stringify(STORED)})`);
    await welcome.reload();
    const options = await context.newPage();
    await options.goto(OPTIONS);
    await expect(options.locator("#savings-site-rows tr")).toHaveCount(1);
    const popup = await openPopup(options);
    await expect(popup.locator("#state")).toHaveAttribute("data-tone", "bad");

    for (const page of [welcome, options, popup]) {
      await page.bringToFront();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.locator("html")).toHaveAttribute("dir", "ltr");
      if (folder !== "en") await expectAllIn(page, folder);
      // The pages are built alike in all languages, and axe takes seconds.
      if (folder === "de") expect(await problemsOn(page)).toEqual([]);
    }
    await expect(welcome).toHaveTitle(messagesOf(folder).welcome_title?.message ?? "");
    await expect(options).toHaveTitle(messagesOf(folder).options_title?.message ?? "");
    expect(welcome.url()).toBe(WELCOME);
    // Where the popup is longest: on a site that is allowed, and that suggests text itself, while the server is unreachable.
    const { server_lost, server_lost_more } = messagesOf(folder);
    await popup.evaluate(
      (texts) => {
        for (const [selector, text] of Object.entries(texts))
          (document.querySelector(selector) as HTMLElement).textContent = text.replace("$1", "make serve");
      },
      {
        "#host": "mail.example.org",
        "#state": server_lost?.message ?? "",
        "#more": server_lost_more?.message ?? "",
      },
    );
    for (const page of [welcome, options, popup]) await showAll(page);
    await popup.evaluate(() => document.querySelector("#allow")?.remove());
    await expectNothingCut(welcome, [1000, 360]);
    await expectNothingCut(options, [1000, 360]);
    await expectNothingCut(popup, [360]);
    for (const open of [true, false]) {
      await popup.evaluate((open) => document.querySelector("details")?.toggleAttribute("open", open), open);
      const [width, height] = await popup.evaluate(
        () => [document.body.offsetWidth, document.body.offsetHeight] as const,
      );
      expect(width).toBe(320);
      // Browsers show no higher one without a scroll bar.
      expect(height, open ? "with its lists" : "without its lists").toBeLessThanOrEqual(600);
    }
  });
