import type { CDPSession, Page } from "@playwright/test";

interface Node {
  readonly backendNodeId: number;
  readonly shadowRoots?: readonly Node[];
}

const HOST = `document.documentElement.querySelector(':scope > [popover="manual"][aria-hidden="true"]')`;

/**
 * The times from each key to the ghost text that follows it, measured in the page. Unlike `Ghost`, it also knows the elements of earlier
 * commits, whose ghost text was text and not a picture.
 */
export class GhostTimes {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  /** Ghost text must be drawn. */
  static async of(page: Page): Promise<GhostTimes> {
    const session = await page.context().newCDPSession(page);
    await page.waitForFunction(HOST);
    const { result } = await session.send("Runtime.evaluate", { expression: HOST });
    const { node } = await session.send("DOM.describeNode", {
      objectId: result.objectId ?? "",
      depth: -1,
      pierce: true,
    });
    const [root] = (node as Node).shadowRoots ?? [];
    const { object } = await session.send("DOM.resolveNode", { backendNodeId: root?.backendNodeId ?? 0 });
    await session.send("Runtime.callFunctionOn", {
      objectId: object.objectId ?? "",
      functionDeclaration: `function () {
        const shown = () => !this.host.isConnected ? "" : [...this.querySelectorAll("[data-text]")]
          .map((one) => one.dataset.text).join("") || [...this.querySelectorAll("span, div")]
          .map((one) => one.childElementCount ? "" : one.textContent).join("");
        window.keyTimes = [];
        let last = shown();
        window.addEventListener("keydown", () => window.keyTimes.push({ at: performance.now(), ms: null }), true);
        const note = () => {
          const now = shown();
          const key = window.keyTimes.at(-1);
          if (now === last) return;
          last = now;
          if (key) key.ms = now === "" ? null : performance.now() - key.at;
        };
        new MutationObserver(note).observe(this, { subtree: true, childList: true, attributes: true, characterData: true });
        new MutationObserver(note).observe(document.documentElement, { childList: true });
      }`,
    });
    return new GhostTimes(session);
  }

  async read(): Promise<number[]> {
    const { result } = await this.#session.send("Runtime.evaluate", {
      expression: "window.keyTimes.map(({ ms }) => ms).filter((ms) => ms !== null)",
      returnByValue: true,
    });
    return result.value as number[];
  }
}
