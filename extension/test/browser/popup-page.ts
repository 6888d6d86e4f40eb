import type { Page } from "@playwright/test";
import { EXTENSION_ID, expect, inWorker } from "./fixtures.ts";

/** The popup for `page`. The browser would show it in a window that Playwright can't reach. So it is opened in a tab, with the other tab's id. */
export async function openPopup(page: Page): Promise<Page> {
  const context = page.context();
  await page.bringToFront();
  const tab = await inWorker(
    context,
    "chrome.tabs.query({ active: true, lastFocusedWindow: true }).then(([tab]) => tab.id)",
  );
  const popup = await context.newPage();
  await popup.setViewportSize({ width: 360, height: 320 });
  await popup.goto(`chrome-extension://${EXTENSION_ID}/popup.html?tab=${tab}`);
  await expect(popup.locator("#saved")).not.toBeEmpty();
  return popup;
}
