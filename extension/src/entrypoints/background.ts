import { browser } from "wxt/browser";
import { defineBackground } from "wxt/utils/define-background";
import { Switchboard } from "../background/switchboard.ts";
import { showSign } from "../background/toolbar.ts";
import { PORT, type ToWorker } from "../messages.ts";
import { socketOf } from "../protocol/address.ts";
import { Connection } from "../protocol/connection.ts";
import { CLIENT, keepStorageFromPages, onSettings, readPreferences, readSettings } from "../settings.ts";

export default defineBackground(() => {
  const switchboard = new Switchboard({
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
  });

  // Pages may come before the settings are read: what they ask is kept by the switchboard until there is a connection.
  browser.runtime.onConnect.addListener((port) => {
    if (port.name !== PORT) return;
    const { receive, leave } = switchboard.join({ post: (message) => port.postMessage(message) });
    port.onMessage.addListener((message: ToWorker) => receive(message));
    port.onDisconnect.addListener(leave);
  });
  browser.action.onClicked.addListener(() => browser.runtime.openOptionsPage());
  browser.runtime.onInstalled.addListener(async ({ reason }) => {
    if (reason === "install" && !(await readSettings()))
      await browser.tabs.create({ url: browser.runtime.getURL("/options.html") });
  });

  const connect = async () => {
    const settings = await readSettings();
    if (!settings) {
      switchboard.use(null);
      return showSign("unpaired");
    }
    const server = { socketUrl: socketOf(settings.origin), token: settings.token };
    const connection = new Connection(server, CLIENT, {
      state(state) {
        switchboard.state(state);
        void showSign(state);
      },
      welcome: (welcome) => switchboard.welcome(welcome),
      frame: (frame) => switchboard.fromServer(frame),
    });
    await showSign("closed");
    switchboard.use(connection);
  };
  const prefer = async () => switchboard.prefer(await readPreferences());
  onSettings({ server: connect, preferences: prefer });
  void keepStorageFromPages();
  void prefer();
  void connect();
});
