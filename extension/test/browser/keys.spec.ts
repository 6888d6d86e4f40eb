import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

/** Whose a key is: ours while ghost text is on the screen, and the page's, the browser's or the input method's in every doubt. */

const SENTENCE = "Thanks for the quick response, and see you on Friday";
const TYPED = "Thanks for the qui";
const REST = "ck response, and see you on Friday";
const FIELD = '<textarea id="field" rows="4" cols="70"></textarea><button id="next">Next</button>';

/** A page that does something of its own with the keys that are ours: what it heard is in `window.heard`. */
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

test("a key with a modifier is not ours, whatever is on the screen", async ({ page, ghost, show }) => {
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

test("a key that the page uses too is ours while ghost text is on the screen, and the page's before and after", async ({
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

test("Escape that sends ghost text away leaves the dialog open around it, and the next one closes it", async ({
  page,
  ghost,
  show,
}) => {
  await show(`<dialog id="dialog">${FIELD}</dialog><script>dialog.showModal()</script>`);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  await expect(page.locator("#dialog")).toHaveAttribute("open");
  await page.keyboard.press("Escape");
  await expect(page.locator("#dialog")).not.toHaveAttribute("open");
});

/** What pages say of a popup with choices that opens while ghost text is on the screen. */
const POPUPS: Record<string, (field: Element) => void> = {
  "says that it is open": (field) => field.setAttribute("aria-expanded", "true"),
  "has a choice that is active": (field) => field.setAttribute("aria-activedescendant", "choice"),
  "is a list that the field controls": (field) => {
    field.insertAdjacentHTML("afterend", '<ul id="choices" role="listbox"><li role="option">Ann</ul>');
    field.setAttribute("aria-controls", "choices");
  },
  "is said of the box around the field": (field) => {
    field.parentElement?.setAttribute("role", "combobox");
    field.parentElement?.setAttribute("aria-expanded", "true");
  },
};

for (const [name, open] of Object.entries(POPUPS)) {
  test(`where the page's popup ${name}, keys are the page's, and the ghost goes`, async ({ page, ghost, show }) => {
    await show(`<div>${FIELD}</div>${LISTENS}`);
    await page.locator("#field").click();
    await page.keyboard.type(TYPED);
    await ghost.expectText(REST);
    await page.locator("#field").evaluate(open);
    await heard(page);
    for (const key of ["Tab", "Escape"]) await page.keyboard.press(key);
    expect(await heard(page)).toEqual(["Tab", "Escape"]);
    expect(await value(page)).toBe(TYPED);
    await ghost.expectText(null);
  });
}

test("what the browser has filled in is left to it, and Tab leads on", async ({ page, ghost, show, server }) => {
  await show(FIELD);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  // As if the browser had filled it in; what it does when it fills in a form can't be done from here.
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

test("who dictates is offered nothing until a key goes down", async ({ page, ghost, show, server }) => {
  await show(FIELD);
  await page.locator("#field").click();
  await page.keyboard.type("Thanks");
  await ghost.expectText(" for the quick response, and see you on Friday");
  const session = await page.context().newCDPSession(page);
  // Text that comes in words, and without a key.
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

test("what corrects a word takes the ghost along that was for the other", async ({ page, ghost, show }) => {
  await show(FIELD);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
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

test("a page that was there first may have taken the key: then it is not taken again", async ({
  page,
  ghost,
  show,
}) => {
  // As on a page that was open when the extension came: this listener is there before all others.
  await page.addInitScript(() =>
    window.addEventListener("keydown", (event) => event.key === "Tab" && event.preventDefault(), true),
  );
  await show(FIELD);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  await page.keyboard.press("Tab");
  expect(await value(page)).toBe(TYPED);
  await ghost.expectText(REST);
});

test("words taken by Tab wait for nothing, and no key between them is lost", async ({ page, ghost, show }) => {
  await show(FIELD);
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
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

test("a page hears neither the going down nor the coming up of a key that was used up", async ({
  page,
  ghost,
  show,
}) => {
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
