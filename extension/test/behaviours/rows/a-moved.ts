import { type Behaviour, type Driver, REST, RESTED, TYPED, VALUE } from "../behaviour.ts";

/** Pages that move the field, change its text or cover it, without an event that tells so. */

const FIELD = '<textarea id="field" rows="3" cols="60"></textarea><button>Send</button>';
const RICH = '<div id="field" contenteditable="true" style="min-height: 60px; width: 600px"></div>';

/** What a browser does not report, and so is noticed at the next event or change of the page only. */
const NO_EVENT =
  "The browser causes no event then. The suggestion disappears at the next key, or at another change of the page.";
const UNREPORTED: Readonly<Record<string, NonNullable<Behaviour["not"]>>> = {
  "a script sets another text of the same length": { firefox: NO_EVENT },
  "a script empties the text, and changes nothing else": { chromium: NO_EVENT },
};

/** A script that runs `act` 0.7 seconds after the last key: when the extension does nothing more for the key. */
const later = (act: string) => `<script>
  let timer;
  document.querySelector("#field").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { ${act}; window.done = true; }, 700);
  });
</script>`;
const DONE = "window.done === true";

const LATE_PICTURE = `photo.src = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='300' height='80'/>"`;
const FEED = '<div id="feed"><p>Hello!</p></div>';
const PARAGRAPH = 'feed.insertAdjacentHTML("beforeend", "<p>A new message</p>")';

const fieldBox = async (driver: Driver) =>
  (await driver.value(
    "(({ left, top }) => ({ left, top }))(document.querySelector('#field').getBoundingClientRect())",
  )) as { left: number; top: number };

/** Where ghost text is, from the corner of the field. Null if nothing is drawn. */
async function offset(driver: Driver): Promise<{ left: number; top: number } | null> {
  const [box, field] = [await driver.ghostBox(), await fieldBox(driver)];
  return box && { left: Math.round(box.left - field.left), top: Math.round(box.top - field.top) };
}

const begin = async (driver: Driver) => {
  await driver.type(TYPED);
  await driver.eventually(() => driver.ghost(), REST);
};

/** The suggestion is as far from the field's corner as before, and Tab accepts its first word. */
async function follows(driver: Driver): Promise<void> {
  await begin(driver);
  const [was, from] = [await offset(driver), await fieldBox(driver)];
  await driver.eventually(() => driver.value(DONE), true);
  await driver.eventually(async () => {
    const { left, top } = await fieldBox(driver);
    return left !== from.left || top !== from.top;
  }, true);
  await driver.eventually(() => offset(driver), was);
  await driver.press("Tab");
  await driver.eventually(
    () => driver.value("(field.value ?? field.textContent).replaceAll('\\u00a0', ' ')"),
    `${TYPED}ck`,
  );
}

/** The suggestion is gone, without another key. */
async function goes(driver: Driver): Promise<void> {
  await begin(driver);
  await driver.eventually(() => driver.value(DONE), true);
  await driver.eventually(() => driver.ghost(), null);
}

const MOVES: readonly [what: string, html: string][] = [
  ["a paragraph appears above the text area", `${FEED}${FIELD}${later(PARAGRAPH)}`],
  ["a paragraph appears above the editable element", `${FEED}${RICH}${later(PARAGRAPH)}`],
  ["an image above the field loads late", `<img id="photo">${FIELD}${later(LATE_PICTURE)}`],
  [
    "the field slides down by a transition",
    `<style>#field { transition: transform 1.5s }</style>${FIELD}${later('field.style.transform = "translate(40px, 90px)"')}`,
  ],
  [
    "a script moves the field by an animation",
    `${FIELD}${later('field.animate([{}, { transform: "translate(40px, 90px)" }], { duration: 1500, fill: "forwards" })')}`,
  ],
  [
    "a style sheet is added that moves the field",
    `${FIELD}${later('document.adoptedStyleSheets[0].replaceSync("body { padding-top: 70px }")').replace("let timer", "document.adoptedStyleSheets = [new CSSStyleSheet()]; let timer")}`,
  ],
];

const CHANGES: readonly [what: string, html: string][] = [
  ["a script empties the text, and changes nothing else", `${FIELD}${later('field.value = ""')}`],
  ["a script sets another text of the same length", `${FIELD}${later('field.value = "x".repeat(field.value.length)')}`],
  ["a script sets a longer text", `${FIELD}${later('field.value += "?!"')}`],
  ["the form is reset", `<form>${FIELD}</form>${later("document.forms[0].reset()")}`],
  ["the form of an input is reset", `<form><input id="field" size="60"></form>${later("document.forms[0].reset()")}`],
  [
    "a script replaces the text of an editable element",
    `${RICH}${later('field.firstChild.data = "Something else, fin"; getSelection().collapse(field.firstChild, 18)')}`,
  ],
  [
    "a menu opens over the field",
    `<div id="menu" hidden style="position: absolute; inset: 0 auto auto 0; width: 500px; height: 300px; background: #ddd">A menu</div>${FIELD}${later("menu.hidden = false")}`,
  ],
  [
    "a menu of a style sheet slides over the field",
    `<style>#menu { position: absolute; top: 0; left: 0; width: 500px; height: 300px; background: #ddd; translate: -600px; transition: translate 0.5s } .open #menu { translate: 0 }</style><div id="menu">A menu</div>${FIELD}${later('document.body.className = "open"')}`,
  ],
  ["the field is hidden", `${FIELD}${later('field.style.visibility = "hidden"')}`],
];

export const MOVED: readonly Behaviour[] = [
  ...MOVES.map(([what, html]) => ({
    row: "A",
    name: `${what}: the suggestion moves with the field, and Tab accepts it`,
    html,
    check: follows,
  })),
  {
    row: "A",
    name: "the user types while a dialog slides in: at the end, the suggestion is in its field",
    html: `<style>dialog[open] { animation: in 1.5s linear } @keyframes in { from { transform: translateY(-60px) } }</style>
      <dialog id="dialog"><textarea id="field" rows="3" cols="60"></textarea></dialog>
      <script>dialog.addEventListener("animationend", () => { window.done = true; }); dialog.showModal()</script>`,
    async check(driver) {
      await begin(driver);
      await driver.eventually(() => driver.value(DONE), true);
      await driver.value(RESTED);
      const moved = await offset(driver);
      // The next letter draws the suggestion again, in any case at the right place.
      await driver.type("c");
      await driver.eventually(() => driver.ghost(), REST.slice(1));
      await driver.eventually(async () => (await offset(driver))?.top, moved?.top);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), `${TYPED}ck`);
    },
  },
  {
    row: "A",
    name: "Enter sends the text, and the page empties the field: the suggestion disappears",
    html: `${FIELD}<script>
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        field.value = "";
      });
    </script>`,
    async check(driver) {
      await begin(driver);
      await driver.press("Enter");
      await driver.eventually(() => driver.value(VALUE), "");
      await driver.eventually(() => driver.ghost(), null);
    },
  },
  ...CHANGES.map(([what, html]) => ({
    row: "A",
    name: `${what}: the suggestion disappears`,
    html,
    // Only the typed text has a suggestion.
    answer: (before: string) => (before === TYPED ? REST : ""),
    check: goes,
    ...(UNREPORTED[what] ? { not: UNREPORTED[what] } : {}),
  })),
];
