import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

/** Ghost text is drawn over a page at the right time and in the right colour, and does not change the page. */

const SENTENCE = "Thanks for the quick response, and see you on Friday";
const TYPED = "Thanks for the qui";
const REST = "ck response, and see you on Friday";

const KINDS = {
  textarea: '<textarea id="field" rows="4" cols="70"></textarea>',
  input: '<input id="field" size="80">',
  contenteditable: '<div id="field" contenteditable="true" style="width: 700px; min-height: 60px"></div>',
};

test.beforeEach(async ({ server, show }) => {
  await show("");
  server.script = knows(SENTENCE);
});

/** The same code draws over an input and over a textarea, so an input is left out here. */
const FOLLOWED = Object.entries(KINDS).filter(([kind]) => kind !== "input");

for (const [kind, html] of FOLLOWED) {
  test(`in a ${kind}, a suggestion that is already known is drawn in the frame after the key`, async ({
    page,
    ghost,
    server,
    show,
  }) => {
    await show(html, TYPED);
    await ghost.expectText(REST);
    server.script = () => null;
    const frames = await ghost.watchFrames();
    for (const letter of "ck res") {
      await page.keyboard.type(letter);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    }
    const counted = await frames();
    expect(counted).toHaveLength("ck res".length);
    expect(Math.max(...counted)).toBeLessThanOrEqual(1);
  });
}

/** Changes that make ghost text wrong, each with the event that it causes on the page. The scrolled field goes under a header. */
const LEAVES: Record<string, { event: string; act(page: Page): Promise<unknown> }> = {
  "the text": { event: "input", act: (page) => page.keyboard.press("x") },
  "the caret": { event: "selectionchange", act: (page) => page.keyboard.press("ArrowLeft") },
  "the scroll": { event: "scroll", act: (page) => page.evaluate(() => window.scrollTo(0, 200)) },
  "the focus": { event: "focusout", act: (page) => page.locator("#field").blur() },
};

for (const [kind, html] of FOLLOWED) {
  test(`in a ${kind}, ghost text goes in the same frame in which the text, the caret, the scroll position or the focus changes`, async ({
    page,
    ghost,
    server,
    show,
  }) => {
    for (const [what, { event, act }] of Object.entries(LEAVES)) {
      server.script = knows(SENTENCE);
      const header = '<header style="position: fixed; inset: 0 0 auto; height: 150px; background: white"></header>';
      await show(`${header}<div style="height: 200px"></div>${html}<div style="height: 3000px"></div>`, "Than");
      await ghost.expectText(SENTENCE.slice("Than".length));
      server.script = () => null;
      await ghost.expose();
      await page.evaluate((event) => {
        const isThere = () =>
          (window as unknown as { ghostText: Element }).ghostText.querySelector("[data-text]") !== null;
        const check = () =>
          requestAnimationFrame(() => {
            document.title += isThere() ? " late" : " gone";
          });
        document.title = "";
        document.addEventListener(event, check, { once: true, capture: true });
      }, event);
      await act(page);
      await expect.poll(() => page.title(), what).toBe("gone");
    }
  });
}

/** Fields in different colours. `#paper` is the element whose background is behind the text. */
const COLOURS: Record<string, string> = {
  "a plain field": `<div id="paper" style="background: white">${KINDS.contenteditable}</div>`,
  "a dark card on a light page":
    '<textarea id="paper" class="field" style="background: #1e1e2e; color: #cdd6f4; width: 600px"></textarea>',
  "a dark page": `<body id="paper" style="background: #111; color: #eee">${KINDS.contenteditable}`,
  "ink on cream": `<div id="paper" style="background: #fdf6e3; color: #3b4a50">${KINDS.contenteditable}</div>`,
  "yellow on blue": '<input id="paper" class="field" size="80" style="background: #00205b; color: #ffd100">',
};

for (const [name, html] of Object.entries(COLOURS)) {
  test(`in ${name}, ghost text is readable, and paler than typed text`, async ({ page, ghost, show }) => {
    await show(html);
    await page.locator("#field, .field").click();
    await page.keyboard.type(TYPED);
    await ghost.expectText(REST);
    const { color: drawn = "" } = await ghost.style(["color"]);
    const [paper, ink] = await page.evaluate(() => {
      const styleOf = (selector: string) => getComputedStyle(document.querySelector(selector) as Element);
      return [styleOf("#paper").backgroundColor, styleOf("#field, .field").color];
    });
    const seen = over(drawn, paper);
    expect(contrast(seen, rgba(paper))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(seen, rgba(paper))).toBeLessThan(contrast(rgba(ink), rgba(paper)) * 0.8);
  });
}

/** Red, green and blue from 0 to 1, and the opacity. */
function rgba(colour: string): [number, number, number, number] {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const most = colour.startsWith("rgb") ? 255 : 1;
  return [red / most, green / most, blue / most, alpha];
}

function over(colour: string, paper: string): number[] {
  const [front, back] = [rgba(colour), rgba(paper)];
  return [0, 1, 2].map((channel) => (front[channel] ?? 0) * front[3] + (back[channel] ?? 0) * (1 - front[3]));
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const luminance = (colour: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = colour.map((channel) =>
      channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Fields that are too small for the ghost text: it could be drawn over their neighbours. */
const SMALL: Record<string, string> = {
  "an input": '<input id="field" style="width: 160px">',
  "a textarea": '<textarea id="field" rows="1" style="width: 160px"></textarea>',
  "a scrolled box":
    '<div style="width: 180px; overflow: auto"><textarea id="field" cols="70" rows="2"></textarea></div>',
  "a rich editor that scrolls":
    '<div id="field" contenteditable="true" style="width: 160px; height: 1.4em; overflow: hidden; white-space: nowrap"></div>',
};

for (const [name, html] of Object.entries(SMALL)) {
  test(`nothing is drawn outside of ${name} that clips its text`, async ({ page, ghost, server, show }) => {
    server.script = () => "";
    await show(
      `<div style="display: inline-block; padding: 40px 300px 60px 40px" id="around">${html}</div>`,
      "Thanks for",
    );
    const outer = await page.locator("#field").evaluate((field) => {
      const box = field.closest("#around > *")?.getBoundingClientRect();
      return box && { right: Math.ceil(box.right), bottom: Math.ceil(box.bottom), left: Math.floor(box.left) };
    });
    if (!outer) throw new Error("the field has no box");
    const outside = async () => [
      await page.screenshot({ clip: { x: outer.right + 1, y: 0, width: 280, height: 200 } }),
      await page.screenshot({ clip: { x: 0, y: outer.bottom + 1, width: outer.right + 200, height: 100 } }),
    ];
    const before = await outside();
    server.script = knows(SENTENCE);
    await page.keyboard.type(" ");
    // Only the words that can be read there are drawn.
    await expect.poll(async () => (await ghost.text())?.slice(0, 3)).toBe("the");
    const after = await outside();
    expect(after.map((picture, index) => picture.equals(before[index] as Buffer))).toEqual([true, true]);
  });
}

test("if text follows the caret and is below it, nothing is drawn over that text", async ({
  page,
  ghost,
  server,
  show,
}) => {
  await show(KINDS.textarea);
  await page.locator("#field").fill("Thanks for the  in haste\nand more of it");
  await page.locator("#field").evaluate((field: HTMLTextAreaElement) => {
    field.focus();
    field.setSelectionRange(15, 15);
  });
  await page.keyboard.type("q");
  await expect.poll(() => page.locator("#field").inputValue()).toContain("Thanks for the q in haste");
  await page.keyboard.press("Control+End");
  server.script = () => " and more";
  await page.keyboard.type(".");
  await ghost.expectText(" and more");
  expect(server.keystrokes.map(({ before }) => before)).not.toContain("Thanks for the q");
});

for (const [kind, html] of Object.entries(KINDS)) {
  test(`ghost text changes nothing of the page around a ${kind}`, async ({ page, ghost, server, show }) => {
    // Ghost text that would need more space than the page has, at its right and lower edges.
    const corner = 'style="position: absolute; right: 0; bottom: 0; width: 200px"';
    await show(`<body style="margin: 0; height: 100vh"><p>Before it</p><div ${corner}>${html}</div>`);
    await page.locator("#field").evaluate((field) => field.style.setProperty("width", "190px"));
    const measure = () =>
      page.evaluate(() => {
        const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
        const boxes = [...document.body.querySelectorAll("*")].map((one) =>
          JSON.stringify(one.getBoundingClientRect()),
        );
        return { scrollWidth, scrollHeight, clientWidth, clientHeight, boxes, html: document.body.innerHTML };
      });
    await page.locator("#field").click();
    server.script = () => "";
    await page.keyboard.type("Thanks for");
    await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for");
    const before = await measure();
    server.script = ({ before }) =>
      before === "Thanks for" ? " the quick response, and see you on Friday, at the latest" : "";
    await page.keyboard.press("Backspace");
    // If a letter is deleted and typed again at once, the text has not changed. So the test waits for the deletion.
    await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks fo");
    await page.keyboard.type("r");
    await expect.poll(async () => (await ghost.text())?.slice(0, 4)).toBe(" the");
    expect(await measure()).toEqual(before);
  });
}

/** Longer than a word counts as visible after it was drawn. A later key measures the word first. */
const MEASURED_MS = 300;
const LONG = "An internationalisation committee";

/** The picture of a word is painted into the canvas of an earlier word, or into one that was never used. */
for (const [name, selectors] of Object.entries({
  "the first in its canvas": ["#field"],
  "in small letters after large ones": ["#large", "#field"],
})) {
  test(`Tab takes a long word that is drawn: ${name}`, async ({ page, ghost, server, show }) => {
    server.script = knows(LONG);
    const large = '<div id="large" contenteditable="true" style="font-size: 40px; width: 800px"></div>';
    await show(`${large}<input id="field" size="80">`);
    for (const selector of selectors) {
      await page.locator(selector).click();
      await page.keyboard.type("An inter");
      await ghost.expectText(LONG.slice("An inter".length));
      await page.waitForTimeout(MEASURED_MS);
      await page.keyboard.press("Tab");
      await ghost.expectText(" committee");
    }
    await expect(page.locator("#field")).toHaveValue("An internationalisation");
  });
}

test("ghost text is over an element that begins to fill the screen during typing", async ({ page, ghost, show }) => {
  await show(`<div id="all">${KINDS.textarea}</div>`, TYPED);
  await ghost.expectText(REST);
  await page.evaluate(() => document.querySelector("#all")?.requestFullscreen());
  await page.keyboard.type("c");
  await ghost.expectText(REST.slice(1));
  const session = await page.context().newCDPSession(page);
  await session.send("DOM.getDocument");
  const { nodeIds } = await session.send("DOM.getTopLayerElements");
  const described = await Promise.all(nodeIds.map((nodeId) => session.send("DOM.describeNode", { nodeId })));
  const elements = described.map(({ node }) => node.attributes?.join(" ") ?? "");
  expect(elements.filter((one) => /popover|id all/.test(one)).at(-1)).toContain("popover");
});
