import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** What axe finds wrong on a page, and whether it has to be scrolled sideways. */
export async function barriersOn(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const spills = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  return spills ? [...found, "wider than the window"] : found;
}

export const zoom = (page: Page, size: number): Promise<void> =>
  page.evaluate((to) => document.documentElement.style.setProperty("zoom", String(to)), size);

/** In light at twice the size, in dark, and in forced colours. */
export async function barriersInAnyLook(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await zoom(page, 2);
  const found = await barriersOn(page);
  await zoom(page, 1);
  for (const look of [{ colorScheme: "dark" }, { forcedColors: "active" }] as const) {
    await page.emulateMedia(look);
    found.push(...(await barriersOn(page)));
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
  return found;
}
