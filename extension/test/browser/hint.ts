import type { CDPSession, Page } from "@playwright/test";
import { expect } from "@playwright/test";

interface Node {
  readonly backendNodeId: number;
  readonly nodeName: string;
  readonly attributes?: string[];
  readonly children?: Node[];
  readonly shadowRoots?: Node[];
}

/** The hint as the user sees it. It is read and pressed by the DevTools protocol, because no page can do that. */
export class Hint {
  readonly #page: Page;
  readonly #session: Promise<CDPSession>;

  constructor(page: Page) {
    this.#page = page;
    this.#session = page.context().newCDPSession(page);
  }

  /** The text of the live region. Null if no hint is shown. */
  async text(): Promise<string | null> {
    const session = await this.#session;
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const region = nodes.find(({ role }) => role?.value === "status");
    if (!region) return null;
    const words = nodes.filter(
      ({ role, parentId }) => role?.value === "StaticText" && isUnder(parentId, region.nodeId),
    );
    function isUnder(id: string | undefined, root: string | undefined): boolean {
      if (id === undefined || root === undefined) return false;
      return id === root || isUnder(nodes.find(({ nodeId }) => nodeId === id)?.parentId, root);
    }
    return words.map(({ name }) => name?.value).join("");
  }

  async box(of: "DIV" | "BUTTON" = "DIV"): Promise<{ left: number; top: number; right: number; bottom: number }> {
    const session = await this.#session;
    const host = await this.#host();
    const node = host && (of === "DIV" ? host : all(host).find(({ nodeName }) => nodeName === of));
    if (!node) throw new Error("there is no hint");
    const { model } = await session.send("DOM.getBoxModel", { backendNodeId: node.backendNodeId });
    const [left = 0, top = 0, , , right = 0, bottom = 0] = model.border;
    return { left, top, right, bottom };
  }

  async press(): Promise<void> {
    const { left, top, right, bottom } = await this.box("BUTTON");
    await this.#page.mouse.click((left + right) / 2, (top + bottom) / 2);
  }

  /** Types until the hint is shown: it comes with a key press, and only after the time that a restart may take. */
  async expectWhile(write: () => Promise<void>): Promise<void> {
    const writeAndRead = async () => {
      await write();
      return this.text();
    };
    const text = "The Foretype server is unreachable. Start it in Foretype's folder with: make serve";
    await expect.poll(writeAndRead, { timeout: 20_000, intervals: [200] }).toBe(text);
  }

  async #host(): Promise<Node | undefined> {
    const session = await this.#session;
    const { root } = await session.send("DOM.getDocument", { depth: -1, pierce: true });
    return all(root as Node).find(
      ({ attributes = [], shadowRoots = [] }) =>
        attributes.includes("popover") &&
        shadowRoots.some((one) => all(one).some(({ nodeName }) => nodeName === "BUTTON")),
    );
  }
}

function all(node: Node): Node[] {
  return [node, ...[...(node.children ?? []), ...(node.shadowRoots ?? [])].flatMap(all)];
}
