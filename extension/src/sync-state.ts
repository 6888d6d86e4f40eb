import type { Settings } from "./settings.ts";

/** What is known about the sync of the settings by the browser. */

/** Why the settings are not synced now, or not all of them. The set is closed. */
export type SyncTrouble = "newer" | "unusable" | "refused" | "snippets_too_large";

/** What the service worker knows about the sync. */
export interface SyncState {
  /** The settings that this browser and the browser's account agreed on last. Null before the first time. */
  readonly base: Settings | null;
  readonly trouble: SyncTrouble | null;
}

export const NEVER_SYNCED: SyncState = { base: null, trouble: null };

/** The items in the account: `version`, and one for each setting, because the browser limits the size of an item. */
export type SyncedItems = Readonly<Record<string, unknown>>;

/** The size of an item that a browser takes, in bytes (`storage.sync.QUOTA_BYTES_PER_ITEM` in Chromium and Firefox). */
const LARGEST_ITEM = 8192;

/** Whether a browser takes this value as the item `name`. Chromium stores `<` as an escape of six characters. */
export function fitsItem(name: string, value: unknown): boolean {
  const json = JSON.stringify(value).replaceAll("<", "\\u003C");
  return new TextEncoder().encode(name + json).length <= LARGEST_ITEM;
}
