import { type Behaviour, type Driver, REST, TYPED, VALUE } from "../behaviour.ts";

/** Fields that have no room for the suggestion at the end of their line, or do not show their text. */

/** Types, and checks that Tab takes the next word where the suggestion can be read. */
async function takesNextWord(driver: Driver, shown: string): Promise<void> {
  await driver.type(TYPED);
  await driver.eventually(() => driver.ghost(), shown);
  await driver.press("Tab");
  await driver.eventually(() => driver.value(VALUE), `${TYPED}ck`);
}

const FIELD = "(({ left, right, top, bottom }) => [left, right, top, bottom])(field.getBoundingClientRect())";

/** Checks that the suggestion is inside the field. */
async function isInside(driver: Driver): Promise<void> {
  const [left, right, top, bottom] = (await driver.value(FIELD)) as [number, number, number, number];
  const is = async () => {
    const box = await driver.ghostBox();
    return box !== null && box.left >= left && box.right <= right && box.top >= top - 1 && box.bottom <= bottom + 1;
  };
  await driver.eventually(is, true);
}

const ROOM = '<div style="height: 60px"></div>';
const MONO = "font: 16px/20px monospace; padding: 0; border: 1px solid";

export const CLIPPED: readonly Behaviour[] = [
  {
    row: "B",
    name: "a composer of one line is full: the suggestion is a label beside it",
    html: `${ROOM}<textarea id="field" rows="1" style="${MONO}; width: 18.1ch; resize: none; overflow: hidden"></textarea>`,
    check: (driver) => takesNextWord(driver, REST),
  },
  {
    row: "B",
    name: "a composer of one line has room for one word: that word is shown",
    html: `<textarea id="field" rows="1" style="${MONO}; width: 22ch; resize: none; overflow: hidden"></textarea>`,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), "ck");
      await isInside(driver);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), `${TYPED}ck`);
      await driver.eventually(() => driver.ghost(), REST.slice("ck ".length));
    },
  },
  {
    row: "B",
    name: "a composer grows with its text, and a button is under it: the suggestion is a label over it",
    html: `${ROOM}<textarea id="field" rows="1" style="${MONO}; width: 18.1ch; height: 20px; resize: none; overflow: hidden"></textarea><br><button>Send the message now to all</button>
      <script>field.addEventListener("input", () => { field.style.height = "0"; field.style.height = field.scrollHeight + "px"; })</script>`,
    async check(driver) {
      await takesNextWord(driver, REST);
    },
  },
  {
    row: "B",
    name: "text ends at the right edge, and a button is under and over it: nothing is shown, and the page gets Tab",
    html: `<button style="display: block; width: 500px; height: 40px">Over</button><input id="field" style="width: 500px; box-sizing: border-box; text-align: right"><button style="display: block; width: 1500px; height: 40px">Under</button>`,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.asked().at(-1), TYPED);
      await driver.value("new Promise((done) => setTimeout(done, 300))");
      await driver.eventually(() => driver.ghost(), null);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), TYPED);
      await driver.eventually(() => driver.value("document.activeElement.textContent"), "Under");
    },
  },
  {
    row: "B",
    name: "text ends at the right edge: the suggestion is a label",
    html: `${ROOM}<input id="field" style="width: 300px; text-align: right">`,
    check: (driver) => takesNextWord(driver, REST),
  },
  {
    row: "B",
    name: "text from right to left fills its input: the suggestion is a label",
    html: `${ROOM}<input id="field" dir="rtl" style="${MONO}; width: 11.2ch">`,
    answer: (before) => (before === "תודה על התג" ? "ובה המהירה" : ""),
    async check(driver) {
      await driver.type("תודה על התג");
      await driver.eventually(() => driver.ghost(), "ובה המהירה");
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), "תודה על התגובה");
    },
  },
  {
    row: "B",
    name: "the field's text is transparent, and the page draws it: the suggestion has a visible colour",
    html: `<div style="position: relative; font: 16px monospace"><pre id="drawn" style="position: absolute; margin: 0; padding: 3px"></pre><textarea id="field" rows="3" cols="60" style="font: inherit; position: relative; background: none; color: transparent; caret-color: #000"></textarea></div><script>field.addEventListener("input", () => { drawn.textContent = field.value; })</script>`,
    async check(driver) {
      await takesNextWord(driver, REST);
      await driver.picture("b-transparent");
    },
  },
  {
    row: "B",
    name: "the field itself is transparent: nothing is shown, and the page gets Tab",
    html: '<textarea id="field" rows="3" cols="60" style="opacity: 0"></textarea>',
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.asked().at(-1), TYPED);
      await driver.eventually(() => driver.ghost(), null);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), TYPED);
    },
  },
];
