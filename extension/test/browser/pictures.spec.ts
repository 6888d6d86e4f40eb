import { openPlayground } from "./playground-page.ts";
import { expect, test } from "./real-fixtures.ts";
import { REAL_TOKEN } from "./real-server.ts";

/** Screenshots with the real model. `npm run images` copies them into docs/images/. */
const FOLDER = "test-results/images";

const PAGE = `<meta name="color-scheme" content="light dark">
<style>
  body { margin: 0; padding: 36px 48px; font: 16px/1.6 "Liberation Sans", sans-serif; background: light-dark(#f7f5f0, #131417); color: light-dark(#1e1c19, #eceae4) }
  .field { display: block; box-sizing: border-box; width: 640px; margin: 6px 0 22px; padding: 12px 14px; border: 1px solid light-dark(#dcd7cc, #363a41); border-radius: 10px; background: light-dark(#fffefb, #1b1d21); color: inherit; font: 18px/1.6 "Liberation Serif", serif; outline-color: light-dark(#2f55c8, #8eabff) }
</style>
<label for="textarea">A message</label><textarea class="field" id="textarea" rows="3"></textarea>
<label for="input">A subject</label><input class="field" id="input">
<div id="label">A letter</div><div class="field" id="rich" contenteditable="true" role="textbox" aria-labelledby="label"></div>`;

const BEGUN = [
  { field: "textarea", typed: "Please let me know if you have any que", rest: /^stions/ },
  // Longer than a value of a form: in those, the model must be more sure.
  { field: "input", typed: "About the meeting that we have sched", rest: /^uled/ },
  { field: "rich", typed: "I hope this em", rest: /^ail/ },
];

for (const { field, typed, rest } of BEGUN) {
  test(`ghost text in ${field} is readable in light and in dark, and changes with the colour scheme`, async ({
    page,
    ghost,
    show,
  }) => {
    await show(PAGE);
    await page.locator(`#${field}`).click();
    await page.keyboard.type(typed);
    await expect.poll(() => ghost.text()).toMatch(rest);
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      const red = async () => Number(/srgb ([\d.]+)/.exec((await ghost.style(["color"])).color ?? "")?.[1]);
      await expect.poll(async () => (await red()) < 0.5).toBe(scheme === "light");
      const clip = { x: 0, y: 0, width: 736, height: 422 };
      await page.screenshot({ path: `${FOLDER}/${field}-${scheme}.png`, clip });
    }
  });
}

for (const [name, width, scheme] of [
  ["playground-light", 1280, "light"],
  ["playground-dark", 1280, "dark"],
  ["playground-narrow", 390, "light"],
] as const) {
  test(`the playground completes with the real model: ${name}`, async ({ page, ghost, server }) => {
    await page.setViewportSize({ width, height: 860 });
    await page.emulateMedia({ colorScheme: scheme });
    await openPlayground(page, server.origin, REAL_TOKEN);
    await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
    await page.locator("#message").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("ing, and it looks gr");
    await expect.poll(() => ghost.text()).toMatch(/^eat/);
    await page.keyboard.press("Tab");
    // At a user's typing speed, so that the figures in the screenshot are realistic.
    await page.keyboard.type(". Please let me know if you have any que", { delay: 60 });
    await expect.poll(() => ghost.text()).toMatch(/^stions/);
    await expect(page.locator("#from-tree")).not.toHaveText("0");
    await page.screenshot({ path: `${FOLDER}/${name}.png` });
  });
}
