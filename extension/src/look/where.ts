import { browser } from "wxt/browser";
import { readWish, type Wish, writeWish } from "../settings.ts";
import { type Allowed, allowedBy, EVERYWHERE } from "../sites.ts";
import { find } from "./find.ts";

/** The choice where it may help: `#everywhere`, `#only-chosen` and `#where-now` in the page. */

const NOW: Readonly<Record<Wish, string>> = {
  everywhere: "It may help on all sites. The toolbar's icon switches a single one off.",
  chosen: "It helps only on the sites that you choose.",
};

/** Brings the choice to life. Calls `changed` with what is allowed, now and whenever that becomes another. */
export async function bringWhereToLife(changed: (allowed: Allowed, wish: Wish | null) => void): Promise<void> {
  const everywhere = find("#everywhere", HTMLButtonElement);
  const onlyChosen = find("#only-chosen", HTMLButtonElement);

  const show = async (): Promise<void> => {
    const allowed = await readAllowed();
    const wish = await wishNow(allowed);
    everywhere.ariaPressed = String(wish === "everywhere");
    onlyChosen.ariaPressed = String(wish === "chosen");
    say(wish === null ? "" : NOW[wish]);
    changed(allowed, wish);
  };

  everywhere.addEventListener("click", async () => {
    // The browser asks only in the click itself: nothing is waited for before.
    if (!(await browser.permissions.request({ origins: [...EVERYWHERE] })))
      return say("The browser did not allow it. Nothing has changed.");
    await writeWish("everywhere");
    await show();
  });
  onlyChosen.addEventListener("click", async () => {
    await browser.permissions.remove({ origins: [...EVERYWHERE] });
    await writeWish("chosen");
    await show();
  });
  // It may have been changed elsewhere: in the popup, in the browser's own settings.
  browser.permissions.onAdded.addListener(show);
  browser.permissions.onRemoved.addListener(show);
  await show();
}

export async function readAllowed(): Promise<Allowed> {
  return allowedBy((await browser.permissions.getAll()).origins ?? []);
}

/** What the browser allows counts; where that is nothing, what was answered. */
async function wishNow({ everywhere, sites }: Allowed): Promise<Wish | null> {
  if (everywhere) return "everywhere";
  return sites.length > 0 || (await readWish()) === "chosen" ? "chosen" : null;
}

function say(text: string): void {
  const now = find("#where-now", HTMLParagraphElement);
  if (now.textContent !== text) now.textContent = text;
}
