import type { Settings } from "./settings.ts";

/** What is known about the sync of the settings by the browser. */

/** Why the settings are not synced now. The set is closed. */
export type SyncTrouble = "newer" | "unusable" | "refused";

/** What the service worker knows about the sync. */
export interface SyncState {
  /** The settings that this browser and the browser's account agreed on last. Null before the first time. */
  readonly base: Settings | null;
  readonly trouble: SyncTrouble | null;
}

export const NEVER_SYNCED: SyncState = { base: null, trouble: null };

/** The items in the account: `version`, and one for each setting, because the browser limits the size of an item. */
export type SyncedItems = Readonly<Record<string, unknown>>;
