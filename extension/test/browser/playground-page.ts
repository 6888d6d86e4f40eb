import type { Page } from "@playwright/test";

/** Opens the server's page as one that the server has accepted before: the browser keeps its token. */
export async function openPlayground(page: Page, origin: string, token: string): Promise<void> {
  await page.goto(`${origin}/healthz`);
  await page.evaluate((kept) => localStorage.setItem("foretype-token", kept), token);
  await page.goto(origin);
}
