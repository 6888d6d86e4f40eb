import { type Settings, settingsOf } from "../../settings.ts";
import {
  deleteSyncedItems,
  isSyncOn,
  onStorageChange,
  readPreferences,
  readSyncState,
  writeSyncOn,
} from "../../storage.ts";
import type { SyncTrouble } from "../../sync-state.ts";
import { findElement } from "../../ui/find-element.ts";
import { changesBetween } from "../../ui/setting-changes.ts";

/** The part of the options page about sync by the browser. The service worker syncs; this page switches it on or off and shows the outcome. */

const TROUBLE: Readonly<Record<SyncTrouble, string>> = {
  newer:
    "The account has settings of a newer version of Foretype. Update Foretype in this browser. Until then, nothing is synced.",
  unusable:
    "The account has settings that this version of Foretype cannot use. Update Foretype, or press “Delete the synced copy”.",
  refused:
    "The browser did not take the settings. It takes at most about 400 sites that are turned off. To copy more, export them to a file.",
  snippets_too_large:
    "Your snippets are not synced, because the browser takes at most 8 KB of them. All other choices are synced. To copy the snippets, export them to a file.",
};

const sync = findElement("#sync", HTMLInputElement);
const remove = findElement("#delete-synced", HTMLButtonElement);
const outcome = findElement("#sync-outcome", HTMLParagraphElement);

/** The settings when the user switched sync on, until the first exchange is over. */
let before: Settings | null = null;

function say(text: string): void {
  outcome.textContent = text;
}

async function show(): Promise<void> {
  const [isOn, { base, trouble }] = await Promise.all([isSyncOn(), readSyncState()]);
  sync.checked = isOn;
  remove.hidden = !isOn;
  if (trouble) return say(TROUBLE[trouble]);
  if (!isOn || base === null) return;
  const taken = before === null ? [] : changesBetween(before, settingsOf(await readPreferences()));
  say(taken.length === 0 ? "Sync is on." : `Sync is on. Changed by the account's settings: ${taken.join(", ")}.`);
  before = null;
}

sync.addEventListener("change", async () => {
  before = sync.checked ? settingsOf(await readPreferences()) : null;
  await writeSyncOn(sync.checked);
  if (!sync.checked) say("Sync is off. The copy in the account stays.");
});
remove.addEventListener("click", async () => {
  await writeSyncOn(false);
  await deleteSyncedItems();
  say("Sync is off, and the copy was deleted from the account.");
  sync.focus();
});
onStorageChange({ syncOn: () => void show(), syncState: () => void show() });
await show();
