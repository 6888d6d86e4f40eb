import { browser } from "wxt/browser";
import { patternFrom, siteOf } from "../../sites.ts";
import { findElement } from "../../ui/find-element.ts";
import { setUpSiteChoice } from "../../ui/site-choice.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page about allowed sites. The browser keeps them, and asks the user before it adds one. */

const list = findElement("#allowed", HTMLUListElement);
const form = findElement("#add-site", HTMLFormElement);
const site = findElement("#new-site", HTMLInputElement);
const outcome = findElement("#site-outcome", HTMLParagraphElement);

function rowOf(pattern: string): HTMLLIElement {
  const row = document.createElement("li");
  const name = siteOf(pattern) ?? pattern;
  row.append(
    name,
    rowButton("Remove", `Remove ${name}`, async () => {
      await browser.permissions.remove({ origins: [pattern] });
      say(`Foretype no longer works on ${name}.`);
      site.focus();
    }),
  );
  return row;
}

function say(text: string): void {
  outcome.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const pattern = patternFrom(site.value);
  if (pattern === null) return say("This is not a site address. Example: mail.example.org");
  // The browser shows its question only while it handles the click, so nothing may be awaited before.
  if (!(await browser.permissions.request({ origins: [pattern] })))
    return say(`The browser did not allow ${siteOf(pattern)}.`);
  site.value = "";
  say(`Foretype now works on ${siteOf(pattern)}.`);
});

await setUpSiteChoice(({ everywhere, sites }, where) => {
  list.replaceChildren(...sites.map(rowOf));
  list.hidden = everywhere || sites.length === 0;
  form.hidden = where !== "chosen";
});
