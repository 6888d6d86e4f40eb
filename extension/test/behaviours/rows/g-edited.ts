import { type Behaviour, type Driver, REST, TYPED } from "../behaviour.ts";

/** Documents that are edited as a whole, and saved with everything in them. */

const FRAME = "document.querySelector('iframe')";
const SAVED = `${FRAME}.contentDocument.documentElement.outerHTML`;

/** A page with a frame that a script writes, as CKEditor 4 and other older editors do. */
const editor = (attributes: string, then = "") => `<p>A letter</p>
  <iframe width="700" height="150" style="margin: 20px; border: 3px solid; padding: 5px"></iframe>
  <script>{
    const inner = document.querySelector("iframe").contentDocument;
    inner.open();
    inner.write('<!doctype html><html><head><title>Saved</title></head><body id="field" ${attributes}><p><br></p></body></html>');
    inner.close();
    ${then}
  }</script>`;

/** Where the caret is, in pixels of the window. */
const CARET = `(() => {
  const frame = ${FRAME};
  const outer = frame.getBoundingClientRect();
  const range = frame.contentDocument.createRange();
  range.selectNodeContents(frame.contentDocument.createTreeWalker(frame.contentDocument.body, NodeFilter.SHOW_TEXT).nextNode());
  const { right, top } = range.getBoundingClientRect();
  return [right + outer.left + 8, top + outer.top + 8].map(Math.round);
})()`;

async function outside(driver: Driver): Promise<void> {
  await driver.type(TYPED);
  await driver.eventually(() => driver.ghost(), REST);
  await driver.eventually(async () => /popover|aria-hidden/.test(String(await driver.value(SAVED))), false);
  await driver.eventually(async () => {
    const box = await driver.ghostBox();
    const [left, top] = (await driver.value(CARET)) as [number, number];
    return box && [Math.round(box.left) - left, Math.round(box.top) - top];
  }, [0, 0]);
  await driver.picture("edited-document");
  await driver.value(
    "void document.querySelector('p').insertAdjacentHTML('afterend', '<p>Above the frame</p><p>Another</p>')",
  );
  await driver.eventually(async () => {
    const box = await driver.ghostBox();
    const [, top] = (await driver.value(CARET)) as [number, number];
    return box && Math.abs(box.top - top) <= 1;
  }, true);
  await driver.press("Tab");
  await driver.eventually(
    async () =>
      String(await driver.value(SAVED))
        .replaceAll("&nbsp;", " ")
        .includes(`${TYPED}ck`),
    true,
  );
}

export const EDITED: readonly Behaviour[] = [
  {
    row: "G",
    name: "the body of a frame is edited: the suggestion is at the caret, and nothing is added to the document of the frame",
    html: editor('contenteditable="true"'),
    framed: true,
    check: outside,
  },
  {
    row: "G",
    name: "a frame is in design mode: the suggestion is at the caret, and nothing is added to the document of the frame",
    html: editor("", 'inner.designMode = "on"; inner.body.focus();'),
    framed: true,
    check: outside,
    not: {
      firefox:
        "No suggestion: Firefox does not report the body of such a document as editable. Nothing is added to it either.",
    },
  },
  {
    row: "G",
    name: "the frame of an edited document is removed: the suggestion disappears",
    html: editor('contenteditable="true"'),
    framed: true,
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), REST);
      await driver.value(`void ${FRAME}.remove()`);
      await driver.eventually(() => driver.value("document.querySelectorAll(':root > [popover]').length"), 0);
    },
  },
  {
    row: "G",
    name: "the page itself is an edited document: no suggestion, and nothing is added to it",
    html: '<body id="field" contenteditable="true"><p><br></p>',
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.value("field.innerText.trim().replaceAll('\\u00a0', ' ')"), TYPED);
      await driver.eventually(() => driver.asked(), []);
      await driver.eventually(() => driver.value("document.documentElement.children.length"), 2);
    },
  },
];
