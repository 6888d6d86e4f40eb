import { browser } from "wxt/browser";
import { grantedOrigins } from "../granted-origins.ts";
import { message } from "../i18n.ts";
import { type Allowed, allowedBy, EVERYWHERE } from "../sites.ts";
import { readSiteChoice, type SiteChoice, writeSiteChoice } from "../storage.ts";
import { findElement } from "./find-element.ts";

/** The choice of sites. It uses these elements of the page: `#everywhere`, `#only-chosen` and `#where-now`. */

type Where = SiteChoice["where"];

const NOW: Readonly<Record<Where, string>> = {
  everywhere: message("sites_all_now"),
  chosen: message("sites_chosen_now"),
};

/** Adds the behaviour of the choice, and calls `changed` with the allowed sites, now and after each change. */
export async function setUpSiteChoice(changed: (allowed: Allowed, where: Where | null) => void): Promise<void> {
  const everywhere = findElement("#everywhere", HTMLButtonElement);
  const onlyChosen = findElement("#only-chosen", HTMLButtonElement);

  let allowed = await readAllowed();

  const show = async (): Promise<void> => {
    allowed = await readAllowed();
    const where = await whereNow(allowed);
    everywhere.ariaPressed = String(where === "everywhere");
    onlyChosen.ariaPressed = String(where === "chosen");
    say(where === null ? "" : NOW[where]);
    changed(allowed, where);
  };

  everywhere.addEventListener("click", async () => {
    const before = allowed.sites;
    // The browser shows its question only while it handles the click, so nothing may be awaited before.
    if (!(await browser.permissions.request({ origins: [...EVERYWHERE] }))) return say(message("sites_denied"));
    if (!allowed.everywhere) await writeSiteChoice({ where: "everywhere", before });
    await show();
  });
  onlyChosen.addEventListener("click", async () => {
    if (allowed.everywhere) await takeBack((await readSiteChoice())?.before ?? []);
    await writeSiteChoice({ where: "chosen", before: [] });
    await show();
  });
  // The popup or the browser's own settings may also change what is allowed.
  browser.permissions.onAdded.addListener(show);
  browser.permissions.onRemoved.addListener(show);
  await show();
}

/**
 * With the permission for all sites, Chromium also removes the permission for each single site. It was asked for these before, so it grants
 * them again without a question. It also removes the pages of this machine, and grants them again at its next start.
 */
async function takeBack(sites: readonly string[]): Promise<void> {
  await browser.permissions.remove({ origins: [...EVERYWHERE] });
  if (sites.length > 0) await browser.permissions.request({ origins: [...sites] });
}

async function readAllowed(): Promise<Allowed> {
  return allowedBy(await grantedOrigins());
}

/** The sites that the browser allows. If there are none, the stored choice. */
async function whereNow({ everywhere, sites }: Allowed): Promise<Where | null> {
  if (everywhere) return "everywhere";
  return sites.length > 0 || (await readSiteChoice())?.where === "chosen" ? "chosen" : null;
}

function say(text: string): void {
  const now = findElement("#where-now", HTMLParagraphElement);
  if (now.textContent !== text) now.textContent = text;
}
