import { browser } from "wxt/browser";
import { InTurn } from "./in-turn.ts";
import { type Preferences, withDefaults } from "./preferences.ts";
import { withoutLocalhost } from "./protocol/address.ts";
import { NO_SAVINGS, type Savings } from "./savings.ts";
import { isSame } from "./settings.ts";
import { NEVER_SYNCED, type SyncedItems, type SyncState } from "./sync-state.ts";

/** Everything that the extension keeps in the browser's storage. Only the extension's own pages and its service worker can read it. */

const SERVER = "server";
const PREFERENCES = "preferences";
const SAVINGS = "saved";
const SITE_CHOICE = "sites";
const ASKED_TO_LEARN = "asked-to-learn";
const SYNC_ON = "sync-on";
const SYNC_STATE = "sync-state";

/** The server that this browser is paired with, and the token that the server gave it. */
export interface PairedServer {
  readonly origin: string;
  readonly token: string;
}

/** The user's choice of sites. Only the browser knows which sites are really allowed. */
export interface SiteChoice {
  readonly where: "everywhere" | "chosen";
  /** The patterns of the sites that were allowed before "everywhere" was chosen: the browser forgets them. */
  readonly before: readonly string[];
}

async function stored<Value>(key: string): Promise<Partial<Value> | undefined> {
  return (await browser.storage.local.get(key))[key] as Partial<Value> | undefined;
}

export async function readServer(): Promise<PairedServer | null> {
  const { origin, token } = (await stored<PairedServer>(SERVER)) ?? {};
  return typeof origin === "string" && typeof token === "string" ? { origin: withoutLocalhost(origin), token } : null;
}

export async function writeServer(server: PairedServer): Promise<void> {
  await browser.storage.local.set({ [SERVER]: server });
}

export async function readPreferences(): Promise<Preferences> {
  return withDefaults(await stored<Preferences>(PREFERENCES));
}

/**
 * Changes are made one after the other. Each one begins with the stored value, because another page of the extension may have changed it.
 */
const changing = new InTurn();

/** Returns the preferences after the change. */
export function changePreferences(change: (now: Preferences) => Preferences): Promise<Preferences> {
  return changing.run(async () => {
    const now = await readPreferences();
    const preferences = change(now);
    // In some browsers, a write of the same value counts as a change.
    if (!isSame(now, preferences)) await browser.storage.local.set({ [PREFERENCES]: preferences });
    return preferences;
  });
}

/** Null if the user has not chosen yet. */
export async function readSiteChoice(): Promise<SiteChoice | null> {
  const { where, before = [] } = (await stored<SiteChoice>(SITE_CHOICE)) ?? {};
  return where ? { where, before } : null;
}

export async function writeSiteChoice(choice: SiteChoice): Promise<void> {
  await browser.storage.local.set({ [SITE_CHOICE]: choice });
}

/** Whether the user has answered on the welcome page whether the server may learn words. */
export async function wasAskedToLearn(): Promise<boolean> {
  return (await browser.storage.local.get(ASKED_TO_LEARN))[ASKED_TO_LEARN] === true;
}

export async function writeAskedToLearn(): Promise<void> {
  await browser.storage.local.set({ [ASKED_TO_LEARN]: true });
}

export async function readSavings(): Promise<Savings> {
  return { ...NO_SAVINGS, ...(await stored<Savings>(SAVINGS)) };
}

/** Changes are made one after the other: if two read before either has written, one of them is lost. Only the service worker makes them. */
const counting = new InTurn();

export function changeSavings(change: (now: Savings) => Savings): Promise<void> {
  return counting.run(async () => {
    const now = await readSavings();
    const next = change(now);
    if (next !== now) await browser.storage.local.set({ [SAVINGS]: next });
  });
}

/** Whether the settings are synced by the browser. The user decides it for each browser. */
export async function isSyncOn(): Promise<boolean> {
  return (await browser.storage.local.get(SYNC_ON))[SYNC_ON] === true;
}

export async function writeSyncOn(on: boolean): Promise<void> {
  await browser.storage.local.set({ [SYNC_ON]: on });
}

export async function readSyncState(): Promise<SyncState> {
  return { ...NEVER_SYNCED, ...(await stored<SyncState>(SYNC_STATE)) };
}

/** Only the service worker writes it. */
export async function writeSyncState(state: SyncState): Promise<void> {
  await browser.storage.local.set({ [SYNC_STATE]: state });
}

/** What the browser's account holds. The browser sends it to its vendor if the user is signed in. */
export const readSyncedItems = (): Promise<SyncedItems> => browser.storage.sync.get();

export const writeSyncedItems = (items: SyncedItems): Promise<void> => browser.storage.sync.set(items);

export const deleteSyncedItems = (): Promise<void> => browser.storage.sync.clear();

export function onSyncedItems(listener: () => void): void {
  browser.storage.sync.onChanged.addListener(listener);
}

/** Calls a listener whenever the stored value with the listener's name has changed. */
export function onStorageChange(listeners: {
  readonly server?: () => void;
  readonly preferences?: () => void;
  readonly savings?: () => void;
  readonly syncOn?: () => void;
  readonly syncState?: () => void;
}): void {
  browser.storage.local.onChanged.addListener((changes) => {
    if (SERVER in changes) listeners.server?.();
    if (PREFERENCES in changes) listeners.preferences?.();
    if (SAVINGS in changes) listeners.savings?.();
    if (SYNC_ON in changes) listeners.syncOn?.();
    if (SYNC_STATE in changes) listeners.syncState?.();
  });
}

const OFFER = "offer";

/** A server that a page of this machine offers. It is kept in memory only, until the user is asked about it. */
export interface ServerOffer {
  readonly origin: string;
  readonly code: string;
}

export async function writeServerOffer(offer: ServerOffer): Promise<void> {
  await browser.storage.session.set({ [OFFER]: offer });
}

/** Returns the current offer and removes it. */
export async function takeServerOffer(): Promise<ServerOffer | null> {
  const offer = (await browser.storage.session.get(OFFER))[OFFER] as ServerOffer | undefined;
  if (offer) await browser.storage.session.remove(OFFER);
  return offer ?? null;
}

export function onServerOffer(listener: () => void): void {
  browser.storage.session.onChanged.addListener((changes) => {
    if (changes[OFFER]?.newValue !== undefined) listener();
  });
}

const HINT_SHOWN = "hinted";

/** Whether the hint that the server is unreachable was shown since the browser was started. */
export async function wasHintShown(): Promise<boolean> {
  return (await browser.storage.session.get(HINT_SHOWN))[HINT_SHOWN] === true;
}

export async function writeHintShown(): Promise<void> {
  await browser.storage.session.set({ [HINT_SHOWN]: true });
}

/** Content scripts run beside pages, so they get no access to the storage. */
export async function keepStorageFromPages(): Promise<void> {
  for (const area of [browser.storage.local, browser.storage.sync])
    await area.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
}

/** The name by which the server knows the extension. */
export const CLIENT = `foretype-extension/${browser.runtime.getManifest().version}`;
