import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";

/** The problems that axe finds on a page, and whether the page is wider than the window. */
export async function problemsOn(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const spills = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  return spills ? [...found, "wider than the window"] : found;
}

const SCHEMES = [
  ["light", { colorScheme: "light", forcedColors: null }],
  ["dark", { colorScheme: "dark", forcedColors: null }],
  ["forced", { forcedColors: "active", colorScheme: "dark" }],
] as const;

/** Takes pictures of a page, or of a part of it, in light, dark and forced colours: `NAME-light.png` and so on. */
export async function picturesInAllSchemes(page: Page, name: string, part?: Locator): Promise<void> {
  for (const [scheme, media] of SCHEMES) {
    await page.emulateMedia(media);
    const path = `test-results/images/${name}-${scheme}.png`;
    await (part ? part.screenshot({ path }) : page.screenshot({ path, fullPage: true }));
  }
}

export const zoom = (page: Page, size: number): Promise<void> =>
  page.evaluate((to) => document.documentElement.style.setProperty("zoom", String(to)), size);

/** Checks a page in light at twice the size, in dark, and in forced colours. */
export async function problemsInAllSchemes(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await zoom(page, 2);
  const found = await problemsOn(page);
  await zoom(page, 1);
  for (const scheme of [{ colorScheme: "dark" }, { forcedColors: "active" }] as const) {
    await page.emulateMedia(scheme);
    found.push(...(await problemsOn(page)));
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
  return found;
}
