import { browser } from "wxt/browser";
import { message } from "../../i18n.ts";
import { patternFrom, siteOf } from "../../sites.ts";
import { findElement } from "../../ui/find-element.ts";
import { setUpSiteChoice } from "../../ui/site-choice.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page about allowed sites. The browser keeps them, and asks the user before it adds one. */

const list = findElement("#allowed", HTMLUListElement);
const form = findElement("#add-site", HTMLFormElement);
const site = findElement("#new-site", HTMLInputElement);
const outcome = findElement("#site-outcome", HTMLParagraphElement);

const nameOf = (pattern: string): string => siteOf(pattern) ?? pattern;

function rowOf(pattern: string): HTMLLIElement {
  const row = document.createElement("li");
  const name = nameOf(pattern);
  row.append(
    name,
    rowButton(message("remove"), message("remove_site", name), async () => {
      await browser.permissions.remove({ origins: [pattern] });
      say(message("site_removed", name));
      site.focus();
    }),
  );
  return row;
}

function say(text: string, tone: "quiet" | "bad" = "quiet"): void {
  outcome.dataset.tone = tone;
  outcome.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const pattern = patternFrom(site.value);
  site.ariaInvalid = pattern === null ? "true" : null;
  if (pattern === null) return say(message("site_wrong"), "bad");
  // The browser shows its question only while it handles the click, so nothing may be awaited before.
  if (!(await browser.permissions.request({ origins: [pattern] }))) return say(message("site_denied", nameOf(pattern)));
  site.value = "";
  say(message("site_added", nameOf(pattern)));
});

await setUpSiteChoice(({ everywhere, sites }, where) => {
  list.replaceChildren(...sites.map(rowOf));
  list.hidden = everywhere || sites.length === 0;
  form.hidden = where !== "chosen";
});
