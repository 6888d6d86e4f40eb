/** Draws public/icon/ from icons/foretype.svg, in colour, and in grey for when no server is connected. Needs a Chromium. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { CHROMIUM, FLAGS } from "../test/browser/chromium.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SIZES = [16, 32, 48, 128];

const colour = await readFile(at("../icons/foretype.svg"), "utf8");
const grey = colour.replace("#4a7bf0", "#9a9ca3").replace("#2a4fc4", "#73757c");

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const page = await browser.newPage();
for (const [prefix, svg] of [
  ["", colour],
  ["off-", grey],
] as const) {
  for (const size of SIZES) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(
      `<style>html, body { margin: 0; background: none } svg { display: block; width: 100vw; height: 100vh }</style>${svg}`,
    );
    await writeFile(at(`../public/icon/${prefix}${size}.png`), await page.screenshot({ omitBackground: true }));
  }
}
await browser.close();
