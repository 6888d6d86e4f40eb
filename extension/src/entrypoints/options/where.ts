import { browser } from "wxt/browser";
import { find } from "../../look/find.ts";
import { bringWhereToLife } from "../../look/where.ts";
import { patternFrom, siteOf } from "../../sites.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page that says on which sites it may help. The browser keeps what is chosen, and asks before it is. */

const list = find("#allowed", HTMLUListElement);
const form = find("#add-site", HTMLFormElement);
const site = find("#new-site", HTMLInputElement);
const outcome = find("#site-outcome", HTMLParagraphElement);

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
  // The browser asks only in the press itself: nothing is waited for before.
  if (!(await browser.permissions.request({ origins: [pattern] })))
    return say(`The browser did not allow ${siteOf(pattern)}.`);
  site.value = "";
  say(`Foretype now works on ${siteOf(pattern)}.`);
});

await bringWhereToLife(({ everywhere, sites }, where) => {
  list.replaceChildren(...sites.map(rowOf));
  list.hidden = everywhere || sites.length === 0;
  form.hidden = where !== "chosen";
});
