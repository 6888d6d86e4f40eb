import { type Behaviour, REST, TYPED } from "../behaviour.ts";

/** Documents that are not HTML. Whatever the extension would write to the console fails the check. */

const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="120"><rect width="600" height="120" fill="#def"/>
  <foreignObject x="10" y="10" width="580" height="100"><textarea xmlns="http://www.w3.org/1999/xhtml" id="field" rows="3" cols="60"></textarea></foreignObject></svg>`;
const XHTML = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>A page</title></head><body><textarea id="field" rows="3" cols="60"></textarea></body></html>`;
const XML = `<note xmlns:h="http://www.w3.org/1999/xhtml"><h:textarea id="field" rows="3" cols="60"></h:textarea></note>`;

const frame = (path: string) => `<iframe src="${path}" width="700" height="200"></iframe>`;
const INNER = "document.querySelector('iframe, object').contentDocument.querySelector('#field').value";

/** Typing works, and there is neither a suggestion nor an exception. */
const silent: Behaviour["check"] = async (driver) => {
  await driver.type(TYPED);
  await driver.eventually(() => driver.value(INNER), TYPED);
  await driver.eventually(() => driver.ghost(), null);
  await driver.eventually(() => driver.asked(), []);
};

const helped =
  (value: string): Behaviour["check"] =>
  async (driver) => {
    await driver.type(TYPED);
    await driver.eventually(() => driver.ghost(), REST);
    await driver.press("Tab");
    await driver.eventually(() => driver.value(value), `${TYPED}ck`);
  };

export const FOREIGN: readonly Behaviour[] = [
  {
    row: "F",
    name: "a text area in an SVG document: no exception and no suggestion",
    html: frame("/picture.svg"),
    files: { "/picture.svg": PICTURE },
    framed: true,
    check: silent,
  },
  {
    row: "F",
    name: "a text area in an SVG document in an `<object>`: no exception and no suggestion",
    html: '<object data="/picture.svg" width="700" height="200"></object>',
    files: { "/picture.svg": PICTURE },
    framed: true,
    check: silent,
  },
  {
    row: "F",
    name: "a text area in an XML document: no exception and no suggestion",
    html: frame("/note.xml"),
    files: { "/note.xml": XML },
    framed: true,
    check: silent,
  },
  {
    row: "F",
    name: "a text area in an XHTML document: a suggestion",
    html: frame("/page.xhtml"),
    files: { "/page.xhtml": XHTML },
    framed: true,
    check: helped(INNER),
  },
  {
    row: "F",
    name: "a text area in an SVG picture of an HTML page: a suggestion",
    html: PICTURE,
    check: helped("document.querySelector('#field').value"),
  },
];
