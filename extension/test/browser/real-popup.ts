import type { BrowserContext, CDPSession, Page } from "@playwright/test";
import { EXTENSION_ID, expect } from "./fixtures.ts";

interface Target {
  readonly targetId: string;
  readonly url: string;
  readonly type: string;
}

const POPUP = `chrome-extension://${EXTENSION_ID}/popup.html`;

/** The popup that a click on the toolbar icon opens, in its own window. Playwright can't reach this window, but the DevTools protocol can. */
export class RealPopup {
  readonly #browser: CDPSession;
  readonly #session: string;
  #ids = 0;

  private constructor(browser: CDPSession, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  /** Clicks the toolbar icon while `page` is active. For the browser it is a user's click, so the popup learns which site that is. */
  static async openOver(page: Page): Promise<RealPopup> {
    await page.bringToFront();
    const browser = await sessionOf(page.context());
    const { targetId } = await find(browser, ({ type, url }) => type === "tab" && url === page.url());
    await browser.send("Extensions.triggerAction", { id: EXTENSION_ID, targetId });
    const popup = await find(browser, ({ type, url }) => type === "page" && url === POPUP);
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId: popup.targetId, flatten: false });
    const opened = new RealPopup(browser, sessionId);
    await expect.poll(() => opened.value("document.querySelector('#saved')?.textContent")).toBeTruthy();
    return opened;
  }

  /** The status sentence. Empty while the popup reloads. */
  text(): Promise<string> {
    return this.value<string>("document.querySelector('[role=status]').textContent").catch(() => "");
  }

  /** Presses the button with this text. The browser treats it as a user's click. */
  async press(name: string): Promise<void> {
    const button = `[...document.querySelectorAll("button:not([hidden])")].find((one) => one.textContent === "${name}")`;
    await expect.poll(() => this.value(`Boolean(${button})`)).toBe(true);
    await this.value(`void ${button}.click()`);
  }

  /** The value of an expression in the popup. */
  async value<Value>(expression: string): Promise<Value> {
    const { result } = await this.#send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    return (result as { value: Value }).value;
  }

  async picture(): Promise<Buffer> {
    const { data } = await this.#send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data as string, "base64");
  }

  /** A popup also closes by itself when it loses the focus. */
  async close(): Promise<void> {
    await this.value("void window.close()").catch(() => {});
    await expect.poll(async () => (await targets(this.#browser)).some(({ url }) => url === POPUP)).toBe(false);
    await this.#browser.detach();
  }

  #send(method: string, params: object): Promise<Record<string, unknown>> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve, reject) => {
      const hear = ({ sessionId, message }: { sessionId: string; message: string }) => {
        if (sessionId !== this.#session) return;
        const answer = JSON.parse(message) as { id?: number; result?: Record<string, unknown>; error?: object };
        if (answer.id !== id) return;
        this.#browser.off("Target.receivedMessageFromTarget", hear);
        if (answer.result) resolve(answer.result);
        else reject(new Error(JSON.stringify(answer.error)));
      };
      this.#browser.on("Target.receivedMessageFromTarget", hear);
      const message = JSON.stringify({ id, method, params });
      this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#session, message }).catch(reject);
    });
  }
}

async function sessionOf(context: BrowserContext): Promise<CDPSession> {
  const browser = context.browser();
  if (!browser) throw new Error("The context has no browser of its own");
  return browser.newBrowserCDPSession();
}

async function targets(browser: CDPSession): Promise<Target[]> {
  return (await browser.send("Target.getTargets", { filter: [{}] })).targetInfos;
}

async function find(browser: CDPSession, fits: (target: Target) => boolean): Promise<Target> {
  let found: Target | undefined;
  const search = async () => {
    found = (await targets(browser)).find(fits);
    return found;
  };
  await expect.poll(search).toBeDefined();
  return found as Target;
}
