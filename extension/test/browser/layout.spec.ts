import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

const SENTENCE = "Thanks for the quick response, and see you on Friday";
const TYPED = "Thanks for the qui";
const REST = "ck response, and see you on Friday";

/** Fields with different styles and surroundings, which move their text. */
const FIELDS: Record<string, string> = {
  "a textarea with padding, a border and another font":
    '<textarea id="field" style="font: italic 700 21px/1.9 Georgia, serif; letter-spacing: 1.5px; word-spacing: 3px; padding: 13px 27px; border: 7px solid; width: 800px; height: 120px"></textarea>',
  "an input that is taller than its text":
    '<input id="field" style="font: 18px monospace; height: 90px; width: 700px; padding: 0 31px; border: 3px solid; box-sizing: border-box">',
  "an input of large lines": '<input id="field" style="font: 16px/3 serif; width: 600px; padding: 9px 12px">',
  "an input of lines that are too small": '<input id="field" style="font: 24px/1 sans-serif; width: 700px">',
  "a textarea that is scaled":
    '<div style="transform: scale(1.5); transform-origin: 0 0"><textarea id="field" rows="4" cols="60"></textarea></div>',
  "a textarea in a scrolled box":
    '<div id="box" style="height: 200px; overflow: auto"><div style="height: 150px"></div><textarea id="field" rows="4" cols="60"></textarea><div style="height: 900px"></div></div>',
  "a dialog": '<dialog id="dialog"><textarea id="field" rows="4" cols="60"></textarea></dialog>',
  "an open shadow root": '<div id="shadow"></div>',
  "a rich editor with paragraphs":
    '<div id="field" contenteditable="true" style="font: 17px/1.7 Georgia, serif; padding: 20px; width: 700px"><p>Hi Ann,</p><p id="end"><br></p></div>',
  // The text fits into one line in any font that the machine has.
  "a rich editor of large text in it":
    '<div id="field" contenteditable="true" style="width: 900px"><h2 id="end"><br></h2></div>',
};

async function openField(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.querySelector<HTMLDialogElement>("#dialog")?.showModal();
    const box = document.querySelector("#box");
    if (box) box.scrollTop = 60;
    const host = document.querySelector("#shadow");
    if (host) host.attachShadow({ mode: "open" }).innerHTML = '<textarea id="field" rows="4" cols="60"></textarea>';
    const end = document.querySelector("#end");
    if (end) {
      document.querySelector<HTMLElement>("#field")?.focus();
      document.getSelection()?.collapse(end, 0);
    }
  });
  if ((await page.locator("#end").count()) === 0) await page.locator("#field").click();
}

for (const [name, html] of Object.entries(FIELDS)) {
  test(`in ${name}, ghost text is where the typed text will be`, async ({ page, ghost, server, show }) => {
    server.script = knows(SENTENCE);
    await show(html);
    await openField(page);
    await page.keyboard.type(TYPED);
    await ghost.expectText(REST);
    const drawn = await ghost.rect();
    await page.keyboard.press("ArrowRight");
    const typed = await ghost.rectOfTyped(REST);
    expect(Math.abs(drawn.left - typed.left)).toBeLessThan(1);
    expect(Math.abs(drawn.top - typed.top)).toBeLessThan(1);
    expect(Math.abs(drawn.right - typed.right)).toBeLessThan(1);
  });
}

for (const [name, html] of Object.entries({
  textarea: '<textarea id="field" style="font: 20px/1.5 monospace; width: 300px; height: 200px"></textarea>',
  contenteditable: '<div id="field" contenteditable="true" style="font: 20px/1.5 monospace; width: 300px"></div>',
})) {
  test(`in a narrow ${name}, ghost text continues in the next line`, async ({ page, ghost, server, show }) => {
    server.script = knows(SENTENCE);
    await show(html, "Thanks for the quick");
    await ghost.expectText(" response, and see you on Friday");
    const lines = await ghost.lines();
    await page.keyboard.press("ArrowRight");
    const typed = await ghost.linesOfTyped("response, and see you on Friday");
    expect(lines.slice(-typed.length).map(({ top }) => Math.round(top))).toEqual(
      typed.map(({ top }) => Math.round(top)),
    );
    expect(Math.abs((lines.at(-1)?.right ?? 0) - (typed.at(-1)?.right ?? 0))).toBeLessThan(1);
  });
}

/** Of a text as long as these, only the end is laid out again: the rest was measured once, and is replaced by an empty box. */
const LONG: Record<string, { field: string; text: string; typed?: string; rest?: string; all?: string }> = {
  "an input of a long text": {
    field: '<input id="field" style="font: 17px Georgia, serif; letter-spacing: 0.3px; width: 600px; padding: 0 11px">',
    text: "and a few words, ",
  },
  "an input of a long text in two scripts": { field: '<input id="field" size="60">', text: "and שלום, then " },
  "an input of a long text that another font draws": {
    field: '<input id="field" style="font: 17px Georgia, serif; width: 600px">',
    text: "שלום לך, ",
  },
  "a scaled input of a long text": {
    field: '<div style="transform: scale(1.3); transform-origin: 0 0"><input id="field" size="60"></div>',
    text: "and a few words, ",
  },
  "an input of a long text that ends at its right": {
    field: '<input id="field" size="60" style="text-align: right">',
    text: "and a few words, ",
  },
  "an input of a long text from right to left": {
    field: '<input id="field" size="60" dir="rtl" style="margin-left: 200px">',
    text: "שלום לך, ",
    typed: "תודה על התג",
    rest: "ובה המהירה",
    all: "ArrowLeft",
  },
  "a textarea of a long text": {
    field: '<textarea id="field" rows="6" cols="70"></textarea>',
    text: "and a few words, ",
  },
};

for (const [name, { field, text, typed = TYPED, rest = REST, all = "ArrowRight" }] of Object.entries(LONG)) {
  test(`in ${name}, ghost text is where the typed text will be`, async ({ page, ghost, server, show }) => {
    server.script = ({ before }) => (before.endsWith(typed) ? rest : null);
    await show(field);
    await page.locator("#field").fill(text.repeat(300));
    await page.locator("#field").focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.type(typed);
    await ghost.expectText(rest);
    const drawn = await ghost.rect();
    // Accepted text may scroll a line that ends at the edge of the field.
    const edge = await page.locator("#field").evaluate((field) => field.scrollLeft);
    await page.keyboard.press(all);
    const became = await ghost.rectOfTyped(rest);
    const moved = (await page.locator("#field").evaluate((field) => field.scrollLeft)) - edge;
    const scale = name.includes("scaled") ? 1.3 : 1;
    // A full input has no room in its line: there, ghost text is a label under the caret.
    const isLabel = name.includes("input");
    const padding = isLabel ? 4 * scale : 0;
    if (isLabel) expect(drawn.top).toBeGreaterThanOrEqual(became.bottom);
    else expect(Math.abs(drawn.top - became.top)).toBeLessThan(1);
    const [at, wanted] =
      all === "ArrowLeft" ? [drawn.right + padding, became.right] : [drawn.left - padding, became.left];
    // The scroll position is rounded to whole pixels.
    expect(Math.abs(at - wanted - moved * scale)).toBeLessThan(1.5);
  });
}

test("ghost text follows a scrolled field, and goes when the field is out of sight", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="70"></textarea><div style="height: 3000px"></div>', TYPED);
  await ghost.expectText(REST);
  const before = await ghost.rect();
  await page.evaluate(() => window.scrollTo(0, 10));
  await expect.poll(async () => (await ghost.rect()).top).toBeCloseTo(before.top - 10, 0);
  await page.evaluate(() => window.scrollTo(0, 500));
  await ghost.expectText(null);
  await page.evaluate(() => window.scrollTo(0, 0));
  await ghost.expectText(REST);
  expect((await ghost.rect()).top).toBeCloseTo(before.top, 0);
});

test("ghost text follows the text in a scrolled textarea", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="70"></textarea>');
  await page.locator("#field").fill(`${"A line.\n".repeat(50)}`);
  await page.locator("#field").focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  const drawn = await ghost.rect();
  await page.keyboard.press("ArrowRight");
  const typed = await ghost.rectOfTyped(REST);
  expect(Math.abs(drawn.top - typed.top)).toBeLessThan(1);
  expect(Math.abs(drawn.left - typed.left)).toBeLessThan(1);
});

test("ghost text follows a field that grows or moves", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" style="width: 600px; text-align: left"></textarea>', TYPED);
  await ghost.expectText(REST);
  const before = await ghost.rect();
  await page.locator("#field").evaluate((field) => {
    field.style.paddingLeft = "80px";
  });
  await expect.poll(async () => (await ghost.rect()).left).toBeGreaterThan(before.left + 70);
});

test("ghost text is not drawn over an element that covers the field", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show(
    '<textarea id="field" rows="4" cols="70"></textarea><div id="cover" hidden style="position: fixed; inset: 0; background: white"></div>',
    TYPED,
  );
  await ghost.expectText(REST);
  await page.locator("#cover").evaluate((cover) => {
    cover.removeAttribute("hidden");
  });
  await page.keyboard.type("c");
  await ghost.expectText(null);
});

test("if other text follows in the line, ghost text is a label under the caret, and Tab accepts its word", async ({
  page,
  ghost,
  server,
  show,
}) => {
  await show('<textarea id="field" rows="4" cols="70"></textarea>');
  await page.locator("#field").fill("See you  at nine.");
  await page.locator("#field").evaluate((field: HTMLTextAreaElement) => {
    field.focus();
    field.setSelectionRange(8, 8);
  });
  server.script = ({ before }) => (before === "See you o" ? "n Friday" : "");
  await page.keyboard.type("o");
  await ghost.expectText("n Friday");
  const label = await ghost.rect();
  const field = await page.locator("#field").boundingBox();
  expect(label.top).toBeGreaterThan((field?.y ?? 0) + 15);
  await page.keyboard.press("ArrowRight");
  await ghost.expectText(null);
  await page.keyboard.press("ArrowLeft");
  await ghost.expectText("n Friday");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue("See you on at nine.");
});

test("ghost text does not change the page's layout", async ({ page, ghost, server, show }) => {
  server.script = knows(SENTENCE);
  await show('<textarea id="field" rows="4" cols="70"></textarea><p>After it.</p>');
  const measure = () =>
    page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.scrollHeight,
      document.body.innerHTML,
    ]);
  const before = await measure();
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  expect(await measure()).toEqual(before);
});

for (const scheme of ["light", "dark"] as const) {
  test(`ghost text is paler than the typed text, and readable, in ${scheme}`, async ({ page, ghost, server, show }) => {
    server.script = knows(SENTENCE);
    await page.emulateMedia({ colorScheme: scheme });
    await show(
      '<style>:root { color-scheme: light dark }</style><textarea id="field" rows="4" cols="70"></textarea>',
      TYPED,
    );
    await ghost.expectText(REST);
    const { color } = await ghost.style(["color"]);
    const strength = Number(/\/ ([\d.]+)\)/.exec(color ?? "")?.[1]);
    expect(strength).toBeGreaterThanOrEqual(0.5);
    expect(strength).toBeLessThan(0.8);
    await page.screenshot({ path: `test-results/textarea-${scheme}.png` });
  });
}
