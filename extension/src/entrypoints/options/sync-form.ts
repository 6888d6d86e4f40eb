import { listed, message } from "../../i18n.ts";
import { type Settings, settingsOf } from "../../settings.ts";
import {
  deleteSyncedItems,
  isSyncOn,
  onStorageChange,
  readPreferences,
  readSyncState,
  writeSyncOn,
} from "../../storage.ts";
import { findElement } from "../../ui/find-element.ts";
import { changesBetween } from "../../ui/setting-changes.ts";

/** The part of the options page about sync by the browser. The service worker syncs; this page switches it on or off and shows the outcome. */

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
  if (trouble) return say(message(`sync_${trouble}`));
  if (!isOn || base === null) return;
  const taken = before === null ? [] : changesBetween(before, settingsOf(await readPreferences()));
  say(taken.length === 0 ? message("sync_on") : message("sync_on_changed", listed(taken)));
  before = null;
}

sync.addEventListener("change", async () => {
  before = sync.checked ? settingsOf(await readPreferences()) : null;
  await writeSyncOn(sync.checked);
  if (!sync.checked) say(message("sync_off"));
});
remove.addEventListener("click", async () => {
  await writeSyncOn(false);
  await deleteSyncedItems();
  say(message("sync_deleted"));
  sync.focus();
});
onStorageChange({ syncOn: () => void show(), syncState: () => void show() });
await show();
