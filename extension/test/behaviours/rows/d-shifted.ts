import { type Behaviour, type Driver, REST, TYPED, VALUE } from "../behaviour.ts";
import { becomesTyped, beginsAt } from "../same-place.ts";

/** Styles that shift a line, or change the size of a pixel. */

const MONO = "font: 20px/24px monospace; padding: 0; border: 0; margin: 0";

/** An expression: the width of the typed text. */
const TYPED_WIDTH = `(() => { const context = document.createElement("canvas").getContext("2d"); context.font = "20px monospace"; return context.measureText("${TYPED}").width; })()`;

const typedWidth = async (driver: Driver) => Number(await driver.value(TYPED_WIDTH));

const TEXT_BOXES: Readonly<Record<string, { html: string; shift: number; scale?: number }>> = {
  "a text area has an indent": {
    html: `<textarea id="field" style="${MONO}; text-indent: 60px; width: 700px"></textarea>`,
    shift: 60,
  },
  "an input has an indent": { html: `<input id="field" style="${MONO}; text-indent: 34px; width: 700px">`, shift: 34 },
  "the page is enlarged by `zoom`": {
    html: `<style>html { zoom: 1.25 }</style><textarea id="field" style="${MONO}; width: 600px"></textarea>`,
    shift: 0,
    scale: 1.25,
  },
  "a part of the page is enlarged by `zoom`": {
    html: `<div style="zoom: 1.5"><input id="field" style="${MONO}; width: 500px"></div>`,
    shift: 0,
    scale: 1.5,
  },
};

const EDITORS: Readonly<Record<string, string>> = {
  "the page is enlarged by `zoom`":
    '<style>html { zoom: 1.25 }</style><div id="field" contenteditable style="width: 600px"></div>',
  "the text is in columns":
    '<div id="field" contenteditable style="columns: 2; width: 900px; height: 60px; font: 14px/20px sans-serif">A first column.<br><br><br>X</div>',
  "the first line has a hanging indent":
    '<div id="field" contenteditable style="width: 500px; padding-left: 50px; text-indent: -40px"></div>',
};

export const SHIFTED: readonly Behaviour[] = [
  ...Object.entries(TEXT_BOXES).map(
    ([name, { html, shift, scale = 1 }]): Behaviour => ({
      row: "D",
      name: `${name}: the suggestion begins where the text ends`,
      html,
      check: async (driver) => beginsAt(driver, (shift + (await typedWidth(driver))) * scale),
    }),
  ),
  {
    row: "D",
    name: "space for a scroll bar is kept at both sides: the suggestion begins where the text ends",
    html: `<textarea id="field" style="${MONO}; scrollbar-gutter: stable both-edges; overflow: auto; width: 700px"></textarea>`,
    check: async (driver) =>
      beginsAt(driver, Number(await driver.value("field.clientLeft")) + (await typedWidth(driver))),
  },
  ...Object.entries(EDITORS).map(
    ([name, html]): Behaviour => ({
      row: "D",
      name: `${name}: the suggestion in an editor is where its words are when they are accepted`,
      html,
      answer: (before) => (before.endsWith(TYPED) ? REST : ""),
      async check(driver) {
        await driver.value("void (getSelection().selectAllChildren(field), getSelection().collapseToEnd())");
        await becomesTyped(driver);
      },
    }),
  ),
  {
    row: "D",
    name: "the lines go around a floating box: only the words of the first line are shown",
    html: `<div id="field" contenteditable style="font: 16px/20px monospace; width: 400px"><div contenteditable="false" style="float: left; width: 80px; height: 60px; background: #ccc"></div><p id="line" style="margin: 0"><br></p></div>`,
    async check(driver) {
      await driver.value("void getSelection().collapse(line, 0)");
      await driver.type(TYPED);
      await driver.eventually(async () => (await driver.ghost())?.startsWith("ck") === true, true);
      const box = await driver.ghostBox();
      await driver.eventually(() => (box?.left ?? 0) > 80, true);
    },
  },
  {
    row: "D",
    name: "the field is stretched in one direction: nothing is shown, and the page gets Tab",
    html: '<textarea id="field" rows="3" cols="40" style="transform: scale(1.5, 1); transform-origin: 0 0"></textarea>',
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.asked().at(-1), TYPED);
      await driver.value("new Promise((done) => setTimeout(done, 300))");
      await driver.eventually(() => driver.ghost(), null);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), TYPED);
    },
  },
];
