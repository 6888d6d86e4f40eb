import { stripVTControlCharacters } from "node:util";
import type { Page } from "@playwright/test";
import { EDITORS, type Editor, Opened } from "./editors.ts";
import { expect, test } from "./fixtures.ts";
import { knows, type ScriptedServer } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response, and see you on Friday";
const TYPED = "Thanks for the qui";
const REST = "ck response, and see you on Friday";

const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 2000 };

interface Scene {
  readonly opened: Opened;
  readonly page: Page;
  readonly server: ScriptedServer;
}

async function begin({ opened, page }: Scene): Promise<void> {
  await page.keyboard.type(TYPED);
  await opened.ghost.expectText(REST);
}

/** The columns: what each editor has to do, and how it is seen that it does. */
const CELLS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async ghost(scene) {
    await begin(scene);
    await scene.opened.leave();
    await scene.opened.ghost.expectText(null);
  },
  async place(scene) {
    await begin(scene);
    const { ghost } = scene.opened;
    const drawn = await ghost.rect();
    await scene.page.keyboard.press("ArrowRight");
    await ghost.expectText(null);
    const typed = await ghost.rectOfTyped(REST);
    for (const side of ["left", "top", "right", "bottom"] as const) {
      expect(Math.abs(drawn[side] - typed[side]), `${side} ${drawn[side]} ${typed[side]}`).toBeLessThan(1);
    }
  },
  async words(scene) {
    await begin(scene);
    for (const key of ["Tab", "Tab", "Tab"]) await scene.page.keyboard.press(key);
    await expect.poll(() => scene.opened.text(), SOON).toBe("Thanks for the quick response, and");
    await scene.opened.ghost.expectText(" see you on Friday");
  },
  async all(scene) {
    await begin(scene);
    await scene.page.keyboard.press("ArrowRight");
    await expect.poll(() => scene.opened.text(), SOON).toBe(SENTENCE);
    await scene.opened.ghost.expectText(null);
  },
  async through(scene) {
    await begin(scene);
    const { ghost } = scene.opened;
    const before = await ghost.rect();
    const log = await ghost.watch();
    scene.server.script = () => null;
    for (const letter of "ck resp") {
      await scene.page.keyboard.type(letter);
      const now = await ghost.rect();
      expect(Math.abs(now.right - before.right), `${letter}: ${now.right} ${before.right}`).toBeLessThan(0.5);
      expect(now.top).toBe(before.top);
    }
    await ghost.expectText("onse, and see you on Friday");
    expect(await log()).toEqual({ came: 0, went: 0 });
  },
  async undo(scene) {
    await begin(scene);
    await scene.page.keyboard.press("Tab");
    await scene.page.keyboard.press("Tab");
    await expect.poll(() => scene.opened.text(), SOON).toBe("Thanks for the quick response");
    await scene.page.keyboard.press("Control+z");
    await expect.poll(() => scene.opened.text(), SOON).toBe("Thanks for the quick");
    await scene.page.keyboard.press("Control+z");
    await expect.poll(() => scene.opened.text(), SOON).toBe(TYPED);
  },
  async redo(scene) {
    await begin(scene);
    await scene.page.keyboard.press("Tab");
    await expect.poll(() => scene.opened.text(), SOON).toBe("Thanks for the quick");
    await scene.page.keyboard.press("Control+z");
    await expect.poll(() => scene.opened.text(), SOON).toBe(TYPED);
    await scene.page.keyboard.press("Control+Shift+z");
    await expect.poll(() => scene.opened.text(), SOON).toBe("Thanks for the quick");
  },
  async escape(scene) {
    await begin(scene);
    await scene.page.keyboard.press("Escape");
    await scene.opened.ghost.expectText(null);
    await scene.page.keyboard.press("ArrowLeft");
    await scene.page.keyboard.press("ArrowRight");
    await scene.opened.ghost.expectText(null);
    expect(await scene.opened.text()).toBe(TYPED);
  },
  async composition(scene) {
    await begin(scene);
    const { ghost } = scene.opened;
    const session = await scene.page.context().newCDPSession(scene.page);
    await session.send("Input.imeSetComposition", { text: "c", selectionStart: 1, selectionEnd: 1 });
    await ghost.expectText(null);
    await session.send("Input.insertText", { text: "c" });
    await ghost.expectText("k response, and see you on Friday");
    expect(await scene.opened.text()).toBe("Thanks for the quic");
    await session.detach();
  },
  async middle(scene) {
    await scene.page.keyboard.type("See you at nine.");
    for (const _ of " at nine.") await scene.page.keyboard.press("ArrowLeft");
    scene.server.script = ({ before }) => (before.endsWith("See you o") ? "n Friday" : "");
    await scene.page.keyboard.type(" o");
    await scene.opened.ghost.expectText("n Friday");
    await scene.page.keyboard.press("Tab");
    await expect.poll(() => scene.opened.text(), SOON).toBe("See you on at nine.");
  },
};

for (const editor of EDITORS) {
  test(editor.name, async ({ page, server }) => {
    test.setTimeout(60_000);
    const failed: string[] = [];
    for (const [name, check] of Object.entries(CELLS)) {
      server.script = knows(SENTENCE);
      const start = Date.now();
      try {
        const opened = await Opened.open(page, server, editor as Editor);
        await check({ opened, page, server });
      } catch (error) {
        failed.push(`${name} (${Date.now() - start} ms): ${stripVTControlCharacters(String(error)).slice(0, 400)}`);
      }
    }
    expect(failed.join("\n\n")).toBe("");
  });
}
