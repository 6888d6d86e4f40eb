import { browser } from "wxt/browser";
import { grantedOrigins } from "../../granted-origins.ts";
import { message } from "../../i18n.ts";
import { dayOf } from "../../savings.ts";
import { settingsOf } from "../../settings.ts";
import { type FileContent, fileOf, LARGEST_FILE, problemSentence, readFile } from "../../settings-file.ts";
import { allowedBy, EVERYWHERE, isAllowedAt, siteOf } from "../../sites.ts";
import { changePreferences, readPreferences, readSiteChoice, writeSiteChoice } from "../../storage.ts";
import { findElement } from "../../ui/find-element.ts";
import { changesBetween } from "../../ui/setting-changes.ts";

/** The part of the options page that exports the settings to a file, and imports them. Nothing is imported before the user has seen it. */

const file = findElement("#import-file", HTMLInputElement);
const preview = findElement("#import-preview", HTMLDivElement);
const changes = findElement("#import-changes", HTMLUListElement);
const outcome = findElement("#file-outcome", HTMLParagraphElement);
const open = findElement("#import", HTMLButtonElement);

/** What the user is asked about. */
interface Offered {
  readonly content: FileContent;
  /** The patterns in the file that are not allowed yet. */
  readonly missing: readonly string[];
}

let offered: Offered | null = null;

function say(text: string): void {
  outcome.textContent = text;
}

async function save(): Promise<void> {
  const { everywhere, sites } = allowedBy(await grantedOrigins());
  const text = fileOf(settingsOf(await readPreferences()), everywhere ? EVERYWHERE : sites);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `foretype-settings-${dayOf(new Date())}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
  say(message("settings_exported", link.download));
}

async function choose(chosen: File): Promise<void> {
  close();
  const reading = chosen.size > LARGEST_FILE ? ({ kind: "too_large" } as const) : readFile(await chosen.text());
  if (reading.kind !== "content") return say(problemSentence(reading));
  const now = settingsOf(await readPreferences());
  const missing = notAllowed(reading.content.allowed, await grantedOrigins());
  const lines = changesBetween(now, { ...now, ...reading.content.settings });
  if (missing.some((one) => EVERYWHERE.includes(one))) lines.push(message("import_all_sites"));
  else lines.push(...missing.map((pattern) => message("import_site", siteOf(pattern) ?? pattern)));
  if (lines.length === 0) return say(message("import_same"));
  offered = { content: reading.content, missing };
  changes.replaceChildren(...lines.map(itemOf));
  preview.hidden = false;
  say("");
  findElement("#import-now", HTMLButtonElement).focus();
}

const notAllowed = (patterns: readonly string[], origins: readonly string[]): string[] =>
  allowedBy(origins).everywhere
    ? []
    : patterns.filter(
        (one) => !origins.includes(one) && (EVERYWHERE.includes(one) || !isAllowedAt(origins, originOf(one))),
      );

/** The origin of a site's pattern. */
const originOf = (pattern: string): string => pattern.replace(/\/\*$/, "").replace(/^\*/, "https");

function itemOf(text: string): HTMLLIElement {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function close(): void {
  offered = null;
  preview.hidden = true;
}

async function apply({ content, missing }: Offered): Promise<void> {
  const isAll = missing.some((one) => EVERYWHERE.includes(one));
  // The browser shows its question only while it handles the click, so nothing may be awaited before.
  // It rejects if this browser does not take an entry of the file for a site.
  const request = () => browser.permissions.request({ origins: [...missing] }).catch(() => false);
  const isAllowed = missing.length === 0 || (await request());
  if (isAll && isAllowed)
    await writeSiteChoice({ where: "everywhere", before: (await readSiteChoice())?.before ?? [] });
  await changePreferences((now) => ({ ...now, ...content.settings }));
  close();
  open.focus();
  say(message(isAllowed ? "imported" : "imported_without_sites"));
}

findElement("#export", HTMLButtonElement).addEventListener("click", save);
open.addEventListener("click", () => file.click());
file.addEventListener("change", async () => {
  const [chosen] = file.files ?? [];
  if (chosen) await choose(chosen);
  // Otherwise, choosing the same file again would cause no event.
  file.value = "";
});
findElement("#import-now", HTMLButtonElement).addEventListener("click", () => offered && apply(offered));
findElement("#import-cancel", HTMLButtonElement).addEventListener("click", () => {
  close();
  open.focus();
  say(message("nothing_changed"));
});
