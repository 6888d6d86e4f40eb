import { InTurn } from "../in-turn.ts";
import type { Preferences } from "../preferences.ts";
import { checkSettings, differing, isSame, merge, SETTINGS_VERSION, type Settings, settingsOf } from "../settings.ts";
import { fitsItem, NEVER_SYNCED, type SyncedItems, type SyncState } from "../sync-state.ts";

export interface SyncStore {
  isOn(): Promise<boolean>;
  readState(): Promise<SyncState>;
  writeState(state: SyncState): Promise<void>;
  /** Returns the preferences after the change. */
  changePreferences(change: (now: Preferences) => Preferences): Promise<Preferences>;
  readItems(): Promise<SyncedItems>;
  /** Rejects if the browser does not take them, for example because a list of sites is too long. */
  writeItems(items: SyncedItems): Promise<void>;
}

/** Keeps the settings of this browser and of the browser's account the same. Both can change at any time. */
export class SettingsSync {
  readonly #store: SyncStore;
  /** One run after the other: a run that began with older settings must not write after a newer one. */
  readonly #runs = new InTurn();

  constructor(store: SyncStore) {
    this.#store = store;
  }

  /** To be called after each change: of the settings, of the account, or of whether sync is on. */
  reconcile(): Promise<void> {
    return this.#runs.run(() => this.#reconcile());
  }

  async #reconcile(): Promise<void> {
    const state = await this.#store.readState();
    if (!(await this.#store.isOn())) return this.#write(state, NEVER_SYNCED);
    const { version, ...values } = await this.#store.readItems();
    if (typeof version === "number" && version > SETTINGS_VERSION)
      return this.#write(state, { ...state, trouble: "newer" });
    const checked = checkSettings(values);
    if (checked.kind !== "settings") return this.#write(state, { ...state, trouble: "unusable" });
    await this.#exchange(state, checked.settings);
  }

  async #exchange(state: SyncState, remote: Partial<Settings>): Promise<void> {
    const now = await this.#store.changePreferences((now) => ({
      ...now,
      ...merge(state.base, settingsOf(now), remote),
    }));
    const all = settingsOf(now);
    const isTooLarge = !fitsItem("snippets", all.snippets);
    // Snippets that the browser would not take must not stop the other settings.
    const kept = remote.snippets ?? state.base?.snippets ?? [];
    const settings = isTooLarge ? { ...all, snippets: kept } : all;
    // The user deleted the copy in the account: it stays deleted until a setting changes.
    if (Object.keys(remote).length === 0 && isSame(state.base, settings)) return;
    const changed = differing(remote, settings);
    try {
      if (Object.keys(changed).length > 0) await this.#store.writeItems({ version: SETTINGS_VERSION, ...changed });
    } catch {
      return this.#write(state, { ...state, trouble: "refused" });
    }
    return this.#write(state, { base: settings, trouble: isTooLarge ? "snippets_too_large" : null });
  }

  /** Writes only what is new: in some browsers each write counts as a change, and would start the next run. */
  async #write(before: SyncState, after: SyncState): Promise<void> {
    if (!isSame(before, after)) await this.#store.writeState(after);
  }
}
