import { browser } from "wxt/browser";
import { DEFAULTS, type Preferences } from "./preferences.ts";
import { dayOf, type Saved, savedOn, withTaken } from "./saved.ts";

/** What the extension keeps: which server, and the token it knows this browser by. Only the extension's own pages can read it. */
export interface Settings {
  readonly origin: string;
  readonly token: string;
}

const SERVER = "server";
const PREFERENCES = "preferences";
const SAVED = "saved";
const WISH = "sites";

/** What a person has answered when asked where it may help. What is really allowed, the browser knows. */
export interface Wish {
  readonly where: "everywhere" | "chosen";
  /** The patterns of the sites that were chosen before it was everywhere: the browser forgets them. */
  readonly before: readonly string[];
}

async function stored<Value>(key: string): Promise<Partial<Value> | undefined> {
  return (await browser.storage.local.get(key))[key] as Partial<Value> | undefined;
}

export async function readSettings(): Promise<Settings | null> {
  const { origin, token } = (await stored<Settings>(SERVER)) ?? {};
  return typeof origin === "string" && typeof token === "string" ? { origin, token } : null;
}

export async function writeSettings(settings: Settings): Promise<void> {
  await browser.storage.local.set({ [SERVER]: settings });
}

export async function readPreferences(): Promise<Preferences> {
  return { ...DEFAULTS, ...(await stored<Preferences>(PREFERENCES)) };
}

/** One after the other, and from what is kept now: another page of the extension may have changed something since this one was opened. */
let changing: Promise<unknown> = Promise.resolve();

/** Gives back what is kept then. */
export function changePreferences(change: (now: Preferences) => Preferences): Promise<Preferences> {
  const changed = changing.then(async () => {
    const preferences = change(await readPreferences());
    await browser.storage.local.set({ [PREFERENCES]: preferences });
    return preferences;
  });
  changing = changed.catch(() => {});
  return changed;
}

/** Null where nobody has answered. */
export async function readWish(): Promise<Wish | null> {
  const { where, before = [] } = (await stored<Wish>(WISH)) ?? {};
  return where ? { where, before } : null;
}

export async function writeWish(wish: Wish): Promise<void> {
  await browser.storage.local.set({ [WISH]: wish });
}

export async function readSavedToday(): Promise<Saved> {
  return savedOn((await stored<Saved>(SAVED)) as Saved | undefined, dayOf(new Date()));
}

/** One after the other: two that read before either has written would lose one. */
let counting: Promise<void> = Promise.resolve();

export function countTaken(length: number): Promise<void> {
  counting = counting.then(async () => {
    await browser.storage.local.set({ [SAVED]: withTaken(await readSavedToday(), dayOf(new Date()), length) });
  });
  return counting;
}

/** Calls back whenever the server or the preferences become others. */
export function onSettings(listeners: { readonly server?: () => void; readonly preferences?: () => void }): void {
  browser.storage.local.onChanged.addListener((changes) => {
    if (SERVER in changes) listeners.server?.();
    if (PREFERENCES in changes) listeners.preferences?.();
  });
}

const OFFER = "offer";

/** A server that a page of this machine offers, until a person has been asked about it. Kept in memory only. */
export interface Offered {
  readonly origin: string;
  readonly code: string;
}

export async function writeOffer(offer: Offered): Promise<void> {
  await browser.storage.session.set({ [OFFER]: offer });
}

/** What is offered now, and no more afterwards. */
export async function takeOffer(): Promise<Offered | null> {
  const offer = (await browser.storage.session.get(OFFER))[OFFER] as Offered | undefined;
  if (offer) await browser.storage.session.remove(OFFER);
  return offer ?? null;
}

export function onOffer(listener: () => void): void {
  browser.storage.session.onChanged.addListener((changes) => {
    if (changes[OFFER]?.newValue !== undefined) listener();
  });
}

const HINTED = "hinted";

/** Whether a person has been told, since the browser was started, that the server is not there. */
export async function wasHinted(): Promise<boolean> {
  return (await browser.storage.session.get(HINTED))[HINTED] === true;
}

export async function writeHinted(): Promise<void> {
  await browser.storage.session.set({ [HINTED]: true });
}

/** Content scripts run beside pages: storage is none of theirs. */
export async function keepStorageFromPages(): Promise<void> {
  await browser.storage.local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
}

export const CLIENT = `foretype-extension/${browser.runtime.getManifest().version}`;
