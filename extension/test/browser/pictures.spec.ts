import type { Page } from "@playwright/test";
import { OPTIONS, pair } from "./fixtures.ts";
import { expect, test } from "./real-fixtures.ts";
import { REAL_TOKEN } from "./real-server.ts";

/** Pictures to look at, in test-results/. `npm run screenshots` keeps those of the README in docs/images/. */

const picture = (name: string) => `test-results/${name}.png`;

/** A mail that is being written, as a mail program would show it. */
const MAIL = `
  <style>
    :root {
      color-scheme: light dark;
      --ink: light-dark(#1e1c19, #eceae4);
      --quiet: light-dark(#7a766d, #93918b);
      --line: light-dark(#e9e5dc, #2b2e34);
    }
    body { margin: 0; background: light-dark(#ece7dc, #0e0f12); font: 15px/1.5 "Liberation Sans", sans-serif; color: var(--ink) }
    #scene { width: 600px; box-sizing: border-box; padding: 28px }
    main { border-radius: 14px; background: light-dark(#fffefb, #1a1c20); box-shadow: 0 10px 30px light-dark(#4a3f2a22, #0008) }
    p { margin: 0; padding: 11px 22px; border-bottom: 1px solid var(--line); color: var(--quiet) }
    b { margin-left: 10px; font-weight: 400; color: var(--ink) }
    textarea {
      display: block; box-sizing: border-box; width: 100%; height: 158px; padding: 18px 22px; border: 0; outline: 0;
      background: none; color: inherit; font: 18px/1.6 "Liberation Serif", serif; resize: none;
      caret-color: light-dark(#2f55c8, #8eabff); caret-animation: manual;
    }
  </style>
  <div id="scene">
    <main>
      <p>To <b>Ann Becker</b></p>
      <p>Subject <b>Your report</b></p>
      <textarea id="field" spellcheck="false">Hi Ann,

Thank you for the report, I read all of it on the train.
</textarea>
    </main>
  </div>`;

for (const scheme of ["light", "dark"] as const) {
  test(`picture of a half-typed sentence, ${scheme}`, async ({ page, ghost, show }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await show(MAIL);
    await page.locator("#field").focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("Please let me know if you have any que");
    await expect.poll(() => ghost.text()).toMatch(/^stions/);
    await page.locator("#scene").screenshot({ path: picture(`ghost-${scheme}`), caret: "initial" });
  });

  test(`picture of the options, ${scheme}`, async ({ page, server }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(OPTIONS);
    await page.screenshot({ path: picture(`options-${scheme}`) });
    await pair(page, server.origin, "WRNG-C0DE");
    await expect(page.getByRole("status")).toContainText("That code is wrong");
    await page.screenshot({ path: picture(`options-failed-${scheme}`) });
    await pair(page, server.origin, REAL_TOKEN);
    await expect(page.getByRole("status")).toContainText("Connected.");
    await page.screenshot({ path: picture(`options-connected-${scheme}`) });
  });

  for (const [name, width] of [
    ["wide", 1280],
    ["narrow", 390],
  ] as const) {
    test(`picture of the playground, ${name}, ${scheme}`, async ({ page, ghost, server }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await openPlayground(page, server.origin);
      await page.getByRole("button", { name: "Please let me know" }).click();
      await expect.poll(() => ghost.text()).toMatch(/^stions/);
      await page.keyboard.press("Tab");
      await page.keyboard.type(". The meeting is sched");
      await expect.poll(() => ghost.text()).toMatch(/^uled/);
      await page.screenshot({ path: picture(`playground-${name}-${scheme}`), fullPage: true, caret: "initial" });
    });
  }
}

async function openPlayground(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/#token=${REAL_TOKEN}`);
  await expect(page.locator("#state")).toContainText("is here");
}
