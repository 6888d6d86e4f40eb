import { type Browser, browser } from "wxt/browser";
import { defineBackground } from "wxt/utils/define-background";
import { openQuestion, openWelcome, takeOffer } from "../background/first-page.ts";
import { arrive, grantedOrigins, settle } from "../background/presence.ts";
import { Switchboard } from "../background/switchboard.ts";
import { type Sign, showSign } from "../background/toolbar.ts";
import { ARRIVE, IS_CONNECTED, isOffer, PORT, STATUS, type ToPage, type ToWorker } from "../messages.ts";
import { socketOf } from "../protocol/address.ts";
import { isLoopback, isSameServer } from "../protocol/connect.ts";
import { Connection } from "../protocol/connection.ts";
import {
  CLIENT,
  countTaken,
  keepStorageFromPages,
  onSettings,
  readPreferences,
  readSettings,
  readWish,
  wasHinted,
  writeHinted,
} from "../settings.ts";
import { allowedBy, hostsOf, isAllowedAt, patternOf } from "../sites.ts";

export default defineBackground(() => {
  const switchboard = new Switchboard({
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    now: Date.now,
  });

  const ports = new Set<Browser.runtime.Port>();

  // Pages may come before the settings are read: what they ask is kept by the switchboard until there is a connection.
  browser.runtime.onConnect.addListener((port) => {
    if (port.name !== PORT) return;
    ports.add(port);
    port.onDisconnect.addListener(() => ports.delete(port));
    void endWhereForbidden(port);
    const { receive, leave } = switchboard.join({
      post: (message) => port.postMessage(message),
      // Not every browser tells a frame which pages are around it.
      hosts: hostsOf([port.sender?.tab?.url ?? ""]),
    });
    port.onMessage.addListener((message: ToWorker) => {
      receive(message);
      if (message.type === "accepted") void countTaken(message.text.length);
      if (message.type === "hinted") void writeHinted();
    });
    port.onDisconnect.addListener(leave);
  });
  let sign: Sign = "closed";
  const show = (now: Sign) => {
    sign = now;
    return showSign(now);
  };
  browser.runtime.onMessage.addListener((message: unknown, sender, answer: (value?: Sign | boolean) => void) => {
    if (message === STATUS) answer(sign);
    if (isOffer(message)) void takeOffer(message.code, sender);
    if (message === ARRIVE) void arrive().then(() => answer());
    if (message === IS_CONNECTED) void isServerAt(sender.origin ?? "").then(answer);
    return message === ARRIVE || message === IS_CONNECTED;
  });
  browser.runtime.onInstalled.addListener(async ({ reason }) => {
    await arrive();
    if (reason === "install" && !(await readSettings())) await openWelcome();
    if (reason === "update" && (await isSilentSinceUpdate())) await openQuestion();
  });
  browser.permissions.onAdded.addListener(() => void arrive());
  browser.permissions.onRemoved.addListener(async () => {
    await settle();
    const origins = await grantedOrigins();
    for (const port of ports) if (!isOwn(port) && !isAllowedAt(origins, originOf(port))) end(port);
  });

  const connect = async () => {
    const settings = await readSettings();
    if (!settings) {
      switchboard.use(null);
      return show("unpaired");
    }
    const server = { socketUrl: socketOf(settings.origin), token: settings.token };
    const connection = new Connection(server, CLIENT, {
      state(state) {
        switchboard.state(state);
        void show(state);
      },
      welcome: (welcome) => switchboard.welcome(welcome),
      frame: (frame) => switchboard.fromServer(frame),
    });
    await show("closed");
    switchboard.use(connection, isLoopback(settings.origin));
  };
  const prefer = async () => switchboard.prefer(await readPreferences());
  void settle();
  void wasHinted().then((was) => was && switchboard.told());
  onSettings({ server: connect, preferences: prefer });
  void keepStorageFromPages();
  void prefer();
  void connect();
});

/** Versions before the browser was asked for sites ran on all of them. Who has one of those and updates is asked, once, and not left to wonder. */
async function isSilentSinceUpdate(): Promise<boolean> {
  const { everywhere, sites } = allowedBy(await grantedOrigins());
  return !everywhere && sites.length === 0 && (await readWish()) === null;
}

/** A page that was open when its site was forbidden may not have been written in before. A frame of no site is left to the page around it. */
async function endWhereForbidden(port: Browser.runtime.Port): Promise<void> {
  const origin = originOf(port);
  if (patternOf(origin) !== null && !isAllowedAt(await grantedOrigins(), origin)) end(port);
}

const end = (port: Browser.runtime.Port) => port.postMessage({ type: "end" } satisfies ToPage);

const isOwn = (port: Browser.runtime.Port): boolean =>
  originOf(port).startsWith(new URL(browser.runtime.getURL("/")).origin);

async function isServerAt(origin: string): Promise<boolean> {
  const settings = await readSettings();
  return settings !== null && isSameServer(settings.origin, origin);
}

/** Where the script at the other end runs. A frame without an origin of its own has none that is allowed. */
const originOf = ({ sender }: Browser.runtime.Port): string => sender?.origin ?? sender?.url ?? "";
