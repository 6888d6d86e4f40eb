import { type Behaviour, type Driver, REST, TYPED, VALUE } from "../behaviour.ts";

/** Pages that suggest text themselves. Theirs is the only suggestion, and Tab is theirs. */

const EDITOR =
  '<div id="field" contenteditable="true" style="width: 500px; border: 1px solid; min-height: 60px"></div>';
const NOTE = '<output id="pressed"></output>';

/** Notes whether the page gets Tab. */
const ON_TAB = `field.addEventListener("keydown", (event) => {
  if (event.key === "Tab") { pressed.textContent = "Tab"; event.preventDefault(); }
});`;

async function stepsAside(driver: Driver): Promise<void> {
  await driver.type(TYPED.slice(0, -4));
  await driver.eventually(() => driver.ghost(), ` qui${REST}`);
  await driver.type(" qui");
  await driver.eventually(() => driver.asked().at(-1), TYPED);
  await driver.eventually(() => driver.ghost(), null);
  await driver.press("Tab");
  await driver.eventually(() => driver.value("pressed.textContent"), "Tab");
  await driver.type("c");
  await driver.eventually(() => driver.ghost(), REST.slice(1));
}

export const BY_PAGE: readonly Behaviour[] = [
  {
    row: "L",
    name: "an editor adds grey text after the caret: only the page's suggestion is there, and the page gets Tab",
    html: `${EDITOR}${NOTE}<script>${ON_TAB}
      field.addEventListener("input", () => {
        field.querySelector("[data-own]")?.remove();
        if (!/qui$/.test(field.textContent)) return;
        const grey = document.createElement("span");
        grey.dataset.own = "";
        grey.contentEditable = "false";
        grey.style.color = "#999";
        grey.textContent = "ck reply";
        field.append(grey);
      });
    </script>`,
    check: stepsAside,
  },
  {
    row: "L",
    name: "a style sheet adds grey text after the caret: the same",
    html: `<style>[data-own]::after { content: attr(data-own); color: #999 }</style>${EDITOR}${NOTE}<script>${ON_TAB}
      field.addEventListener("input", () => {
        if (/qui$/.test(field.textContent)) field.dataset.own = "ck reply";
        else delete field.dataset.own;
      });
    </script>`,
    check: stepsAside,
  },
  {
    row: "L",
    name: "an element over an editor shows grey text at the caret: the same",
    html: `${EDITOR}${NOTE}<div><div id="over" style="position: fixed; pointer-events: none; color: #999" hidden>ck reply</div></div>
    <script>${ON_TAB}
      field.addEventListener("input", () => {
        over.hidden = !/qui$/.test(field.textContent);
        const { right, top } = getSelection().getRangeAt(0).getBoundingClientRect();
        over.style.left = right + "px";
        over.style.top = top + "px";
      });
    </script>`,
    check: stepsAside,
  },
  {
    row: "L",
    name: "a layer over a text area repeats its text and continues it: the same",
    html: `<div style="position: relative"><textarea id="field" rows="3" cols="60" style="font: 16px monospace"></textarea>
      <div id="over" style="position: absolute; left: 3px; top: 3px; pointer-events: none; font: 16px monospace; color: #999"></div>
    </div>${NOTE}<script>${ON_TAB}
      field.addEventListener("input", () => { over.textContent = /qui$/.test(field.value) ? field.value + "ck reply" : ""; });
    </script>`,
    check: stepsAside,
  },
  {
    row: "L",
    name: "a layer under a text area repeats its text, to colour it: suggestions appear as usual",
    html: `<div style="position: relative">
      <div id="under" style="position: absolute; left: 3px; top: 3px; font: 16px monospace; color: #999"></div>
      <textarea id="field" rows="3" cols="60" style="position: relative; background: none; font: 16px monospace"></textarea>
    </div><script>field.addEventListener("input", () => { under.textContent = field.value; });</script>`,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), REST);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), `${TYPED}ck`);
    },
  },
];
