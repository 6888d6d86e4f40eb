import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

/**
 * The extension gets a key only while ghost text is drawn. Otherwise, and in every doubt, the page, the browser or the input method gets
 * it.
 */

const SENTENCE = "Thanks for the quick response, and see you on Friday";
const TYPED = "Thanks for the qui";
const REST = "ck response, and see you on Friday";
const FIELD = '<textarea id="field" rows="4" cols="70"></textarea><button id="next">Next</button>';

/** A page that uses the same keys itself. The keys that it got are in `window.heard`. */
const LISTENS = `<script>
  window.heard = [];
  document.addEventListener("keydown", (event) => {
    window.heard.push(event.key);
    if (event.key === "Tab") event.preventDefault();
  }, true);
</script>`;

const heard = (page: Page) => page.evaluate(() => (window as unknown as { heard: string[] }).heard.splice(0));

const value = (page: Page) => page.locator("#field").inputValue();

test.beforeEach(async ({ server, show }) => {
  await show("");
  server.script = knows(SENTENCE);
});

test("a key with a modifier goes to the page, even while ghost text is drawn", async ({ page, ghost, show }) => {
  await show(`<button id="before">Before</button>${FIELD}`);
  for (const [key, id] of Object.entries({
    "Shift+Tab": "before",
    "Control+ArrowRight": "field",
    "Shift+Escape": "field",
  })) {
    await page.locator("#field").fill("");
    await page.locator("#field").focus();
    await page.keyboard.type(TYPED);
    await ghost.expectText(REST);
    await page.keyboard.press(key);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe(id);
    expect(await value(page)).toBe(TYPED);
    await ghost.expectText(id === "field" ? REST : null);
  }
});

test("while ghost text is drawn the extension gets a key that the page uses too; before and after, the page gets it", async ({
  page,
  ghost,
  show,
}) => {
  await show(FIELD + LISTENS);
  await page.locator("#field").click();
  await page.keyboard.press("Tab");
  expect(await heard(page)).toEqual(["Tab"]);
  await page.keyboard.type("Thanks for the quick response, and see you on Fri");
  await ghost.expectText("day");
  await heard(page);
  await page.keyboard.press("Tab");
  await ghost.expectText(null);
  expect(await value(page)).toBe(SENTENCE);
  expect(await heard(page)).toEqual([]);
  await page.keyboard.press("Tab");
  expect(await heard(page)).toEqual(["Tab"]);
  await expect(page.locator("#field")).toBeFocused();
});

test("Escape dismisses ghost text and leaves the dialog around it open; the next Escape closes the dialog", async ({
  page,
  ghost,
  show,
}) => {
  await show(`<dialog id="dialog">${FIELD}</dialog><script>dialog.showModal()</script>`, TYPED);
  await ghost.expectText(REST);
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  await expect(page.locator("#dialog")).toHaveAttribute("open");
  await page.keyboard.press("Escape");
  await expect(page.locator("#dialog")).not.toHaveAttribute("open");
});

/** The ways in which pages mark a popup with choices. It opens while ghost text is drawn. */
const POPUPS: Record<string, (field: Element) => void> = {
  "is marked as open": (field) => field.setAttribute("aria-expanded", "true"),
  "has an active choice": (field) => field.setAttribute("aria-activedescendant", "choice"),
  "is a list that the field controls": (field) => {
    field.insertAdjacentHTML("afterend", '<ul id="choices" role="listbox"><li role="option">Ann</ul>');
    field.setAttribute("aria-controls", "choices");
  },
  "is marked on the box around the field": (field) => {
    field.parentElement?.setAttribute("role", "combobox");
    field.parentElement?.setAttribute("aria-expanded", "true");
  },
};

for (const [name, open] of Object.entries(POPUPS)) {
  test(`if the page's popup ${name}, the page gets the keys, and ghost text goes`, async ({ page, ghost, show }) => {
    await show(`<div>${FIELD}</div>${LISTENS}`, TYPED);
    await ghost.expectText(REST);
    await page.locator("#field").evaluate(open);
    await heard(page);
    for (const key of ["Tab", "Escape"]) await page.keyboard.press(key);
    expect(await heard(page)).toEqual(["Tab", "Escape"]);
    expect(await value(page)).toBe(TYPED);
    await ghost.expectText(null);
  });
}

test("a field that the browser has filled in gets no suggestions, and Tab goes to the next field", async ({
  page,
  ghost,
  show,
  server,
}) => {
  await show(FIELD, TYPED);
  await ghost.expectText(REST);
  // A simulation: the test can't make the browser fill in a form.
  const session = await page.context().newCDPSession(page);
  await session.send("DOM.enable");
  await session.send("CSS.enable");
  const { root } = await session.send("DOM.getDocument");
  const { nodeId } = await session.send("DOM.querySelector", { nodeId: root.nodeId, selector: "#field" });
  await session.send("CSS.forcePseudoState", { nodeId, forcedPseudoClasses: ["autofill"] });
  await page.keyboard.press("Tab");
  await expect(page.locator("#next")).toBeFocused();
  expect(await value(page)).toBe(TYPED);
  await ghost.expectText(null);
  expect(server.of("accepted")).toEqual([]);
});

test("dictated text gets no suggestions until a key goes down", async ({ page, ghost, show, server }) => {
  await show(FIELD, "Thanks");
  await ghost.expectText(" for the quick response, and see you on Friday");
  const session = await page.context().newCDPSession(page);
  // Several words at once, without a key.
  await session.send("Input.insertText", { text: " for the" });
  await ghost.expectText(null);
  expect(server.keystrokes.at(-1)?.before).toBe("Thanks");
  await page.keyboard.press("Tab");
  await expect(page.locator("#next")).toBeFocused();
  await page.locator("#field").focus();
  await page.keyboard.press("End");
  await page.keyboard.type(" ");
  await ghost.expectText("quick response, and see you on Friday");
});

test("when a correction changes a word, the ghost text for the old text goes", async ({ page, ghost, show }) => {
  await show(FIELD, TYPED);
  await ghost.expectText(REST);
  await page.locator("#field").evaluate((field: HTMLTextAreaElement) => {
    field.setRangeText("Thank", 0, 6, "preserve");
    field.setSelectionRange(field.value.length, field.value.length);
    field.dispatchEvent(new InputEvent("input", { inputType: "insertReplacementText", data: "Thank", bubbles: true }));
  });
  await page.keyboard.press("Tab");
  await expect(page.locator("#next")).toBeFocused();
  expect(await value(page)).toBe("Thank for the qui");
  await ghost.expectText(null);
});

test("if the page's own listener ran first and used the key, the key is not used again", async ({
  page,
  ghost,
  show,
}) => {
  // As on a page that was open when the extension was installed: this listener runs before all others.
  await page.addInitScript(() =>
    window.addEventListener("keydown", (event) => event.key === "Tab" && event.preventDefault(), true),
  );
  await show(FIELD, TYPED);
  await ghost.expectText(REST);
  await page.keyboard.press("Tab");
  expect(await value(page)).toBe(TYPED);
  await ghost.expectText(REST);
});

test("three quick presses of Tab accept three words, and no key is lost", async ({ page, ghost, show }) => {
  await show(FIELD, TYPED);
  await ghost.expectText(REST);
  const session = await page.context().newCDPSession(page);
  const tab = { key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 } as const;
  await Promise.all(
    [1, 2, 3].flatMap(() => [
      session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...tab }),
      session.send("Input.dispatchKeyEvent", { type: "keyUp", ...tab }),
    ]),
  );
  await page.keyboard.type("!");
  expect(await value(page)).toBe("Thanks for the quick response, and!");
});

test("the page gets neither the keydown nor the keyup event of a key that was used", async ({ page, ghost, show }) => {
  await show(`${FIELD}<script>
    window.heard = [];
    for (const type of ["keydown", "keyup"])
      window.addEventListener(type, ({ type, key }) => { if (key.length > 1) window.heard.push(type + " " + key); }, true);
  </script>`);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  expect(await heard(page)).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await heard(page)).toEqual(["keydown Escape", "keyup Escape"]);
});
