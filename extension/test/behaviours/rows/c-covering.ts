import { type Behaviour, type Driver, REST, TYPED, VALUE } from "../behaviour.ts";

/** Text and controls under the place where the suggestion would be. */

/** Checks that Tab leaves the text alone, because there is no room for the suggestion. */
async function leavesTab(driver: Driver, text: string): Promise<void> {
  await driver.eventually(() => driver.asked().at(-1), TYPED);
  await driver.value("new Promise((done) => setTimeout(done, 300))");
  await driver.eventually(() => driver.ghost(), null);
  await driver.press("Tab");
  await driver.eventually(() => driver.value(VALUE), text);
}

const rightOf = (driver: Driver, selector: string) =>
  driver.value(`document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().left`);

const ROOM = '<div style="height: 60px"></div>';
const AFTER = " and then a few more words, so that the line is wrapped at its end";

export const COVERING: readonly Behaviour[] = [
  {
    row: "C",
    name: "the caret is in the first of several wrapped lines, at the top of the window: nothing is shown",
    html: `<textarea id="field" style="width: 400px; height: 100px; margin: 0">${AFTER}</textarea>`,
    async check(driver) {
      await driver.value("void field.setSelectionRange(0, 0)");
      await driver.type(TYPED);
      await leavesTab(driver, TYPED + AFTER);
    },
  },
  {
    row: "C",
    name: "other text follows in the line, and none is below: the suggestion is a label that covers nothing",
    html: '<textarea id="field" style="width: 600px; height: 100px"> and more</textarea>',
    async check(driver) {
      await driver.value("void field.setSelectionRange(0, 0)");
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), REST);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), `${TYPED}ck and more`);
    },
  },
  {
    row: "C",
    name: "a paragraph is right under a full line: the suggestion has only the words of its line",
    html: `<div id="field" contenteditable style="font: 16px/20px monospace; width: 25ch"><div id="first"><br></div><div>The second paragraph stands here.</div></div>`,
    async check(driver) {
      await driver.value("void getSelection().collapse(first, 0)");
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), "ck");
    },
  },
  {
    row: "C",
    name: "a row of a table is under the editor: the suggestion does not cover it",
    html: `<table style="font: 16px/20px monospace; border-spacing: 0"><tr><td style="padding: 0"><div id="field" contenteditable style="width: 25ch"></div><tr><td>The second row of the table</table>`,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), "ck");
    },
  },
  {
    row: "C",
    name: "a button is over the end of an input: the suggestion ends before it",
    html: `<div style="position: relative; width: 320px"><input id="field" style="width: 100%; box-sizing: border-box"><button style="position: absolute; right: 4px; top: 0">Find</button></div>`,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(async () => REST.startsWith((await driver.ghost()) ?? "none"), true);
      const box = await driver.ghostBox();
      const button = Number(await rightOf(driver, "button"));
      await driver.eventually(() => (box?.right ?? Number.POSITIVE_INFINITY) <= button, true);
    },
  },
  {
    row: "C",
    name: "an input has a wide padding at its end: nothing is drawn on the padding",
    html: `<input id="field" style="width: 240px; padding: 2px 80px 2px 2px; border: 1px solid">`,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(async () => REST.startsWith((await driver.ghost()) ?? "none"), true);
      const box = await driver.ghostBox();
      const left = Number(await rightOf(driver, "#field"));
      await driver.eventually(() => (box?.right ?? Number.POSITIVE_INFINITY) <= left + 244, true);
    },
  },
  {
    row: "C",
    name: "an input for a search has a button that clears it: the suggestion ends before it",
    html: `${ROOM}<input id="field" type="search" style="font: 16px monospace; width: 21ch; padding: 0; border: 1px solid">`,
    async check(driver) {
      await driver.type(TYPED);
      // In the line, "ck" would be under the button.
      await driver.eventually(() => driver.ghost(), REST);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), `${TYPED}ck`);
    },
  },
];
