import { browser } from "wxt/browser";
import { DEFAULTS, type Preferences } from "./preferences.ts";

/** What the extension keeps: which server, and the token it knows this browser by. Only the extension's own pages can read it. */
export interface Settings {
  readonly origin: string;
  readonly token: string;
}

const KEY = "server";
const PREFERENCES = "preferences";

export async function readPreferences(): Promise<Preferences> {
  return { ...DEFAULTS, ...((await browser.storage.local.get(PREFERENCES))[PREFERENCES] as Partial<Preferences>) };
}

export async function writePreferences(preferences: Preferences): Promise<void> {
  await browser.storage.local.set({ [PREFERENCES]: preferences });
}

export async function readSettings(): Promise<Settings | null> {
  const stored = (await browser.storage.local.get(KEY))[KEY] as Partial<Settings> | undefined;
  return typeof stored?.origin === "string" && typeof stored.token === "string"
    ? { origin: stored.origin, token: stored.token }
    : null;
}

export async function writeSettings(settings: Settings): Promise<void> {
  await browser.storage.local.set({ [KEY]: settings });
}

/** Calls back whenever the server or the preferences become others. */
export function onSettings(listeners: { readonly server: () => void; readonly preferences: () => void }): void {
  browser.storage.local.onChanged.addListener((changes) => {
    if (KEY in changes) listeners.server();
    if (PREFERENCES in changes) listeners.preferences();
  });
}

/** Content scripts run beside pages: storage is none of theirs. */
export async function keepStorageFromPages(): Promise<void> {
  await browser.storage.local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
}

export const CLIENT = `foretype-extension/${browser.runtime.getManifest().version}`;
