import { browser } from "wxt/browser";
import { defineBackground } from "wxt/utils/define-background";
import { Switchboard } from "../background/switchboard.ts";
import { type Sign, showSign } from "../background/toolbar.ts";
import { PORT, STATUS, type ToWorker } from "../messages.ts";
import { socketOf } from "../protocol/address.ts";
import { Connection } from "../protocol/connection.ts";
import { CLIENT, countTaken, keepStorageFromPages, onSettings, readPreferences, readSettings } from "../settings.ts";

export default defineBackground(() => {
  const switchboard = new Switchboard({
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    now: Date.now,
  });

  // Pages may come before the settings are read: what they ask is kept by the switchboard until there is a connection.
  browser.runtime.onConnect.addListener((port) => {
    if (port.name !== PORT) return;
    const { receive, leave } = switchboard.join({ post: (message) => port.postMessage(message) });
    port.onMessage.addListener((message: ToWorker) => {
      receive(message);
      if (message.type === "accepted") void countTaken(message.text.length);
    });
    port.onDisconnect.addListener(leave);
  });
  let sign: Sign = "closed";
  const show = (now: Sign) => {
    sign = now;
    return showSign(now);
  };
  browser.runtime.onMessage.addListener((message: unknown, _sender, answer: (sign: Sign) => void) => {
    if (message === STATUS) answer(sign);
  });
  browser.runtime.onInstalled.addListener(async ({ reason }) => {
    if (reason === "install" && !(await readSettings()))
      await browser.tabs.create({ url: browser.runtime.getURL("/welcome.html") });
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
    switchboard.use(connection);
  };
  let pauseEnds: ReturnType<typeof setTimeout> | undefined;
  const prefer = async () => {
    const preferences = await readPreferences();
    switchboard.prefer(preferences);
    clearTimeout(pauseEnds);
    // A worker that was stopped meanwhile looks at the clock when it is started.
    const left = preferences.pausedUntil - Date.now();
    if (left > 0) pauseEnds = setTimeout(() => switchboard.prefer(preferences), left);
  };
  onSettings({ server: connect, preferences: prefer });
  void keepStorageFromPages();
  void prefer();
  void connect();
});
