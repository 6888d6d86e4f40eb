import { type Behaviour, REST, TYPED } from "../behaviour.ts";
import { becomesTyped } from "../same-place.ts";

/** Editors that are a part of a line, or as wide as their text. */

const IN_PLACE: Readonly<Record<string, string>> = {
  "a part of a line": 'Title: <span id="field" contenteditable style="border-bottom: 1px solid"></span>',
  "a chip":
    '<p><b id="field" contenteditable style="display: inline-block; border: 1px solid; min-width: 1ch"></b></p>',
  "a child of a flexible box":
    '<div style="display: flex"><div id="field" contenteditable style="border: 1px solid"></div></div>',
  "a title as wide as its text": '<h2 id="field" contenteditable style="width: fit-content; border: 1px solid"></h2>',
  "a title in a column as wide as its text":
    '<div style="display: inline-block"><h2 id="field" contenteditable style="border: 1px solid; margin: 0"></h2></div>',
};

export const EDITED_IN_PLACE: readonly Behaviour[] = [
  ...Object.entries(IN_PLACE).map(
    ([name, html]): Behaviour => ({
      row: "E",
      name: `the editor is ${name}: the suggestion follows the caret`,
      html,
      check: (driver) => becomesTyped(driver),
    }),
  ),
  {
    row: "E",
    name: "the editor is a part of a line from right to left: the suggestion follows the caret at its left",
    html: '<div dir="rtl">שם: <span id="field" contenteditable style="border-bottom: 1px solid"></span></div>',
    answer: (before) => (before === "תודה על התג" ? "ובה המהירה" : ""),
    async check(driver) {
      await driver.type("תודה על התג");
      await driver.eventually(() => driver.ghost(), "ובה המהירה");
      const left = Number(await driver.value("field.getBoundingClientRect().left"));
      await driver.eventually(async () => Math.abs(((await driver.ghostBox())?.right ?? 0) - left) < 1, true);
    },
  },
  {
    row: "E",
    name: "a button follows the editor in its line: the suggestion is a label that does not cover it",
    html: '<div style="display: flex"><div id="field" contenteditable style="border: 1px solid"></div><button>Save</button></div>',
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), REST);
      const bottom = Number(await driver.value("document.querySelector('button').getBoundingClientRect().bottom"));
      await driver.eventually(async () => ((await driver.ghostBox())?.top ?? 0) > bottom - 4, true);
      await driver.press("Tab");
      await driver.eventually(() => driver.value("field.textContent"), `${TYPED}ck`);
    },
  },
];
