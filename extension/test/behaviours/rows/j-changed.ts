import { type Behaviour, type Driver, VALUE } from "../behaviour.ts";

/** Pages that change what is typed or inserted. */

const TEXT = "It's fine if you don't come to the meeting";
const plain = (text: string) => text.replaceAll("\u2019", "'").replaceAll("\u00a0", " ").toLowerCase();

/** A server that knows `TEXT`, however the page writes it. */
const answer = (before: string) =>
  plain(TEXT).startsWith(plain(before)) && before !== "" ? TEXT.slice(before.length) : "";

/** Tab inserts a word that the page changes. The next word is suggested, and Tab inserts it, too. */
async function acceptsOnAndOn(driver: Driver, text: string): Promise<void> {
  await driver.type("It's fine if you do");
  await driver.eventually(() => driver.ghost(), "n't come to the meeting");
  await driver.press("Tab");
  await driver.eventually(() => driver.ghost(), " come to the meeting");
  await driver.press("Tab");
  await driver.eventually(() => driver.ghost(), " to the meeting");
  await driver.eventually(() => driver.value(text), "It’s fine if you don’t come");
}

export const CHANGED: readonly Behaviour[] = [
  {
    row: "J",
    name: "the page makes quotes typographic: the next suggestion follows",
    html: `<textarea id="field" rows="3" cols="60"></textarea><script>
      field.addEventListener("input", () => {
        const [at, value] = [field.selectionStart, field.value.replaceAll("'", "\u2019")];
        if (value !== field.value) { field.value = value; field.setSelectionRange(at, at); }
      });
    </script>`,
    answer,
    check: (driver) => acceptsOnAndOn(driver, VALUE),
  },
  {
    row: "J",
    name: "an editor makes quotes typographic a moment later: the next suggestion follows",
    html: `<div id="field" contenteditable="true" style="width: 600px; border: 1px solid"></div><script>
      field.addEventListener("input", () => Promise.resolve().then(() => {
        const { focusNode: node, focusOffset: at } = getSelection();
        if (node?.data?.includes("'")) {
          node.data = node.data.replaceAll("'", "\u2019");
          getSelection().collapse(node, at);
        }
      }));
    </script>`,
    answer,
    check: (driver) => acceptsOnAndOn(driver, "field.textContent.replaceAll('\\u00a0', ' ')"),
  },
  {
    row: "J",
    name: "the page capitalises and cuts the text: a cut word counts as accepted, and shorter text is completed again",
    html: `<input id="field" size="40"><script>
      field.addEventListener("input", () => {
        const [at, value] = [field.selectionStart, field.value.toUpperCase().slice(0, 20)];
        if (value !== field.value) { field.value = value; field.setSelectionRange(at, at); }
      });
    </script>`,
    answer,
    async check(driver) {
      await driver.type("It's fine if you");
      await driver.eventually(() => driver.ghost(), " don't come to the meeting");
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), "IT'S FINE IF YOU DON");
      await driver.eventually(() => driver.ghost(), "'t come to the meeting");
      await driver.press("Tab");
      await driver.eventually(() => driver.ghost(), null);
      await driver.eventually(() => driver.value(VALUE), "IT'S FINE IF YOU DON");
      await driver.press("Backspace");
      await driver.eventually(() => driver.ghost(), "n't come to the meeting");
    },
  },
  {
    row: "J",
    name: "the page puts separators into a number: the text counts as accepted",
    html: `<input id="field" size="40"><script>
      field.addEventListener("input", () => {
        const value = field.value.replaceAll("-", "").replaceAll(/(..)(?=.)/g, "$1-");
        if (value !== field.value) field.value = value;
      });
    </script>`,
    answer: (before) => ({ "AB-C": "DE", "AB-CD-E": "FG" })[before] ?? "",
    async check(driver) {
      await driver.type("ABC");
      await driver.eventually(() => driver.ghost(), "DE");
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), "AB-CD-E");
      await driver.eventually(() => driver.ghost(), "FG");
    },
  },
];
