import { type Browser, browser } from "wxt/browser";
import { defineBackground } from "wxt/utils/define-background";
import { addScripts, registerScripts } from "../background/content-scripts.ts";
import { SettingsSync } from "../background/settings-sync.ts";
import { SnippetDesk } from "../background/snippet-desk.ts";
import { SteadyStatus } from "../background/steady-status.ts";
import { Switchboard } from "../background/switchboard.ts";
import { showStatus } from "../background/toolbar-icon.ts";
import { openSiteChoice, openWelcome, receiveOffer } from "../background/welcome-page.ts";
import { mayReadClipboard } from "../clipboard-permission.ts";
import { grantedOrigins } from "../granted-origins.ts";
import {
  ASK_STATUS,
  CLEAR_SAVINGS,
  IS_CONNECTED,
  isOfferMessage,
  PORT,
  type ServerStatus,
  SITE_ALLOWED,
  type ToPage,
  type ToWorker,
} from "../messages.ts";
import { isLoopback, isSameServer, socketOf } from "../protocol/address.ts";
import { Connection } from "../protocol/connection.ts";
import {
  type Acceptance,
  countedHost,
  dayOf,
  NO_SAVINGS,
  type Savings,
  withAccepted,
  withoutSites,
  withTakenAgain,
  withTakenBack,
} from "../savings.ts";
import { allowedBy, hostsOf, isAllowedAt, patternOf } from "../sites.ts";
import {
  CLIENT,
  changePreferences,
  changeSavings,
  isSyncOn,
  keepStorageFromPages,
  onStorageChange,
  onSyncedItems,
  readPreferences,
  readServer,
  readSiteChoice,
  readSyncedItems,
  readSyncState,
  wasHintShown,
  writeHintShown,
  writeSyncedItems,
  writeSyncState,
} from "../storage.ts";

/** The service worker. All listeners are added at once, as the browser requires; then the stored values are read. */
export default defineBackground(() => {
  const timers = {
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
    clearTimeout: (timer: unknown) => clearTimeout(timer as number),
    now: Date.now,
  };
  const switchboard = new Switchboard(timers);
  const snippets = new SnippetDesk(readPreferences, mayReadClipboard);
  const ports = new Set<Browser.runtime.Port>();
  const status = new SteadyStatus((now) => void showStatus(now), timers);
  const applyServer = () => connectToServer(switchboard, status);
  const applyPreferences = async () => {
    snippets.forget();
    const preferences = await readPreferences();
    switchboard.prefer(preferences);
    if (!preferences.countSites) await forgetSites();
  };

  joinPages(switchboard, snippets, ports);
  answerMessages(() => status.shown);
  openPagesWhenInstalled();
  followPermissions(ports);
  onStorageChange({ server: applyServer, preferences: applyPreferences });
  syncSettings();

  void registerScripts();
  void wasHintShown().then((was) => was && switchboard.hintShown());
  void keepStorageFromPages();
  void applyPreferences();
  void applyServer();
});

/** If sync is on, follows the settings and the browser's account. The first run takes what has changed while the worker was stopped. */
function syncSettings(): void {
  const sync = new SettingsSync({
    isOn: isSyncOn,
    readState: readSyncState,
    writeState: writeSyncState,
    changePreferences,
    readItems: readSyncedItems,
    writeItems: writeSyncedItems,
  });
  const reconcile = () => void sync.reconcile();
  onStorageChange({ preferences: reconcile, syncOn: reconcile });
  onSyncedItems(reconcile);
  reconcile();
}

/** A page may open its port before the settings are read. The switchboard keeps its requests until there is a connection. */
function joinPages(switchboard: Switchboard, snippets: SnippetDesk, ports: Set<Browser.runtime.Port>): void {
  browser.runtime.onConnect.addListener((port) => {
    if (port.name !== PORT) return;
    ports.add(port);
    port.onDisconnect.addListener(() => ports.delete(port));
    void endIfForbidden(port);
    const { receive, leave } = switchboard.join({
      post: (message) => port.postMessage(message),
      // Not every browser tells a frame which pages are around it.
      hosts: hostsOf([port.sender?.tab?.url ?? ""]),
      mayBeLearnt: port.sender?.tab?.incognito === false && !isOwnPage(port),
    });
    port.onMessage.addListener((message: ToWorker) => {
      receive(message);
      if (message.type === "keystroke") void snippets.offer(message, (offer) => port.postMessage(offer));
      if (message.type === "accepted")
        void countBy(withAccepted, { length: message.text.length, presses: message.presses }, port.sender?.tab);
      if (message.type === "snippet-taken") void countBy(withAccepted, message, port.sender?.tab);
      if (message.type === "taken-back") void countBy(withTakenBack, message, port.sender?.tab);
      if (message.type === "taken-again") void countBy(withTakenAgain, message, port.sender?.tab);
      if (message.type === "hinted") void writeHintShown();
    });
    port.onDisconnect.addListener(leave);
  });
}

type Tab = Browser.tabs.Tab | undefined;

/** Changes the numbers of saved keystrokes by a text that was accepted, undone or redone. */
async function countBy(
  change: (savings: Savings, acceptance: Acceptance) => Savings,
  { length, presses }: { readonly length: number; readonly presses: number },
  tab: Tab,
): Promise<void> {
  const { countSites } = await readPreferences();
  const acceptance = { day: dayOf(new Date()), length, presses, host: countSites ? countedHost(tab) : null };
  await changeSavings((now) => change(now, acceptance));
}

const forgetSites = () => changeSavings((now) => (now.sites.length === 0 ? now : withoutSites(now)));

function answerMessages(status: () => ServerStatus): void {
  type Answer = (value?: ServerStatus | boolean) => void;
  browser.runtime.onMessage.addListener((message: unknown, sender, answer: Answer) => {
    if (message === ASK_STATUS) answer(status());
    if (isOfferMessage(message)) void receiveOffer(message.code, sender);
    if (message === CLEAR_SAVINGS) void changeSavings(() => NO_SAVINGS).then(() => answer());
    if (message === SITE_ALLOWED) void addScripts().then(() => answer());
    if (message === IS_CONNECTED) void isServerAt(sender.origin ?? "").then(answer);
    return message === SITE_ALLOWED || message === IS_CONNECTED || message === CLEAR_SAVINGS;
  });
}

function openPagesWhenInstalled(): void {
  browser.runtime.onInstalled.addListener(async ({ reason }) => {
    await addScripts();
    if (reason === "install" && !(await readServer())) await openWelcome();
    if (reason === "update" && (await hasNeverChosenSites())) await openSiteChoice();
  });
}

function followPermissions(ports: ReadonlySet<Browser.runtime.Port>): void {
  browser.permissions.onAdded.addListener(() => void addScripts());
  browser.permissions.onRemoved.addListener(async () => {
    await registerScripts();
    const origins = await grantedOrigins();
    for (const port of ports) if (!isOwnPage(port) && !isAllowedAt(origins, originOf(port))) end(port);
  });
}

async function connectToServer(switchboard: Switchboard, status: SteadyStatus): Promise<void> {
  const paired = await readServer();
  if (!paired) {
    switchboard.use(null);
    return status.become("unpaired");
  }
  const connection = new Connection({ socketUrl: socketOf(paired.origin), token: paired.token }, CLIENT, {
    state(state) {
      switchboard.state(state);
      status.become(state);
    },
    welcome: (welcome) => switchboard.welcome(welcome),
    frame: (frame) => switchboard.fromServer(frame),
  });
  status.become("closed");
  switchboard.use(connection, isLoopback(paired.origin));
}

/** Early versions worked on all sites without asking. A user who updates from one of them is asked once. */
async function hasNeverChosenSites(): Promise<boolean> {
  const { everywhere, sites } = allowedBy(await grantedOrigins());
  return !everywhere && sites.length === 0 && (await readSiteChoice()) === null;
}

/**
 * The script of a page opens its port when the user first enters a field, which may be after the permission for the site was withdrawn. A
 * frame without an origin of its own has the permission of the page around it.
 */
async function endIfForbidden(port: Browser.runtime.Port): Promise<void> {
  const origin = originOf(port);
  if (patternOf(origin) !== null && !isAllowedAt(await grantedOrigins(), origin)) end(port);
}

const end = (port: Browser.runtime.Port) => port.postMessage({ type: "end" } satisfies ToPage);

const isOwnPage = (port: Browser.runtime.Port): boolean =>
  originOf(port).startsWith(new URL(browser.runtime.getURL("/")).origin);

async function isServerAt(origin: string): Promise<boolean> {
  const paired = await readServer();
  return paired !== null && isSameServer(paired.origin, origin);
}

/** The origin of the page that the port comes from. For a frame without an origin of its own, this origin is not an allowed one. */
const originOf = ({ sender }: Browser.runtime.Port): string => sender?.origin ?? sender?.url ?? "";
