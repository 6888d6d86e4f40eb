import { browser } from "wxt/browser";
import { readWish, type Wish, writeWish } from "../settings.ts";
import { type Allowed, allowedBy, EVERYWHERE } from "../sites.ts";
import { find } from "./find.ts";

/** The choice where it may help: `#everywhere`, `#only-chosen` and `#where-now` in the page. */

type Where = Wish["where"];

const NOW: Readonly<Record<Where, string>> = {
  everywhere: "Foretype works on all sites. To turn it off on one site, press its icon in the toolbar.",
  chosen: "Foretype works only on the sites that you choose.",
};

/** Brings the choice to life. Calls `changed` with what is allowed, now and whenever that becomes another. */
export async function bringWhereToLife(changed: (allowed: Allowed, where: Where | null) => void): Promise<void> {
  const everywhere = find("#everywhere", HTMLButtonElement);
  const onlyChosen = find("#only-chosen", HTMLButtonElement);

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
    // The browser asks only in the click itself: nothing is waited for before.
    if (!(await browser.permissions.request({ origins: [...EVERYWHERE] })))
      return say("The browser did not give permission. Nothing has changed.");
    if (!allowed.everywhere) await writeWish({ where: "everywhere", before });
    await show();
  });
  onlyChosen.addEventListener("click", async () => {
    if (allowed.everywhere) await takeBack((await readWish())?.before ?? []);
    await writeWish({ where: "chosen", before: [] });
    await show();
  });
  // It may have been changed elsewhere: in the popup, in the browser's own settings.
  browser.permissions.onAdded.addListener(show);
  browser.permissions.onRemoved.addListener(show);
  await show();
}

/**
 * Chromium takes with all sites also each single one. Those it was asked for before, so it gives them back without a question. This
 * machine's pages it takes, too, and gives back when it is next started.
 */
async function takeBack(sites: readonly string[]): Promise<void> {
  await browser.permissions.remove({ origins: [...EVERYWHERE] });
  if (sites.length > 0) await browser.permissions.request({ origins: [...sites] });
}

async function readAllowed(): Promise<Allowed> {
  return allowedBy((await browser.permissions.getAll()).origins ?? []);
}

/** What the browser allows counts; where that is nothing, what was answered. */
async function whereNow({ everywhere, sites }: Allowed): Promise<Where | null> {
  if (everywhere) return "everywhere";
  return sites.length > 0 || (await readWish())?.where === "chosen" ? "chosen" : null;
}

function say(text: string): void {
  const now = find("#where-now", HTMLParagraphElement);
  if (now.textContent !== text) now.textContent = text;
}
