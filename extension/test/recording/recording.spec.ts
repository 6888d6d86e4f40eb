import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../browser/real-fixtures.ts";
import { film, writeGif } from "./film.ts";
import { PAGE } from "./page.ts";

/** `npm run recording`: a mail that is typed at a user's speed and completed by the real model, as an animation for the README. */
const FILE = fileURLToPath(new URL("../../../docs/images/typing.gif", import.meta.url));
const SIZE = { width: 760, height: 430 };

/** The text of the mail. In the second line another suggestion is chosen and accepted; in the third the suggestion is dismissed. */
const MAIL = ["Thank you for the quick response.", "Please let me know if you have any ", "Have a great "] as const;
const BY_HAND = "evening!";
const LETTER_MS = 105;
/** The times for which the user looks at a suggestion before accepting it, and at the accepted text. */
const LOOK_MS = 420;

test("a mail is typed", async ({ page, ghost, show }) => {
  test.setTimeout(180_000);
  await page.setViewportSize(SIZE);
  await show(PAGE);
  await page.locator("#body").click();
  const frames = await film(page, async () => {
    await page.waitForTimeout(600);
    const write = (text: string) => typeOrAccept(page, () => ghost.text(), text);
    const offered = () => expect.poll(() => ghost.text()).toMatch(/\w/);
    await write(MAIL[0]);
    await page.waitForTimeout(LOOK_MS);
    await page.keyboard.press("Enter");
    await write(MAIL[1]);
    await offered();
    await page.waitForTimeout(2 * LOOK_MS);
    await pressShown(page, "Alt+ArrowDown", "Alt ↓", "next suggestion");
    await page.waitForTimeout(3 * LOOK_MS);
    while ((await ghost.text()) !== null) {
      await pressShown(page, "ArrowRight", "→", "accepts the whole suggestion");
      await page.waitForTimeout(2 * LOOK_MS);
    }
    await showKey(page, "", "");
    await page.keyboard.type(".");
    await page.keyboard.press("Enter");
    await write(MAIL[2]);
    await offered();
    await page.waitForTimeout(2 * LOOK_MS);
    await pressShown(page, "Escape", "Esc", "dismisses the suggestion");
    await page.waitForTimeout(2 * LOOK_MS);
    await showKey(page, "", "");
    await page.keyboard.type(BY_HAND, { delay: LETTER_MS });
    await page.waitForTimeout(2 * LOOK_MS);
  });
  expect(frames.length).toBeGreaterThan(50);
  writeGif(frames, FILE, SIZE.width);
});

/** Types a text letter by letter, and accepts each suggested word that is the next word of the text. */
async function typeOrAccept(page: Page, offered: () => Promise<string | null>, text: string): Promise<void> {
  let at = 0;
  while (at < text.length) {
    const ghost = (await offered()) ?? "";
    const word = /^\s*\S+/.exec(ghost)?.[0] ?? "";
    const rest = text.slice(at);
    const isWhole = rest.startsWith(word) && /^(\s|[.,]|$)/.test(rest.slice(word.length));
    if (word.trim().length > 1 && isWhole) {
      await page.waitForTimeout(LOOK_MS);
      await pressShown(page, "Tab", "Tab", "accepts the word");
      at += word.length;
      await page.waitForTimeout(LOOK_MS);
    } else {
      await page.keyboard.type(text[at] ?? "");
      at += 1;
      await page.waitForTimeout(LETTER_MS);
    }
    await showKey(page, "", "");
  }
}

async function pressShown(page: Page, key: string, name: string, meaning: string): Promise<void> {
  await showKey(page, name, meaning);
  await page.waitForTimeout(150);
  await page.keyboard.press(key);
}

function showKey(page: Page, name: string, meaning: string): Promise<void> {
  return page.locator("#keys").evaluate(
    (keys, [name, meaning]) => {
      if (keys.textContent === name + meaning) return;
      keys.replaceChildren(
        ...(name ? [Object.assign(document.createElement("kbd"), { textContent: name }), meaning] : []),
      );
    },
    [name, meaning] as const,
  );
}
