import { type Box, type Driver, REST, TYPED } from "./behaviour.ts";

/** An expression for the box that the first line of `text` has at the end of an editor, in the page's own world. */
const boxOfTyped = (text: string) => `(() => {
  const walker = document.createTreeWalker(document.querySelector("#field"), NodeFilter.SHOW_TEXT);
  let last = walker.nextNode();
  for (let next = last; next; next = walker.nextNode()) last = next;
  const range = document.createRange();
  range.setStart(last, last.length - ${text.length});
  range.setEnd(last, last.length);
  const { left, top, right } = range.getClientRects()[0];
  return { left, top, right };
})()`;

/** Types, and checks that the suggestion is where its words are after they have been accepted. Only for editors: they let the page measure. */
export async function becomesTyped(driver: Driver, shown: string = REST): Promise<void> {
  await driver.type(TYPED);
  await driver.eventually(() => driver.ghost(), shown);
  const drawn = await driver.ghostBox();
  await driver.press("ArrowRight");
  await driver.eventually(async () => String(await driver.value("field.textContent")).endsWith(TYPED + shown), true);
  const typed = (await driver.value(boxOfTyped(shown))) as Box;
  await driver.eventually(() => drawn && isNear(drawn, typed), true);
}

/** Types into a text box, and checks that the suggestion begins at this distance from the left of the field, within 1 pixel. */
export async function beginsAt(driver: Driver, wanted: number): Promise<void> {
  await driver.type(TYPED);
  await driver.eventually(async () => (await driver.ghost()) !== null, true);
  const left = Number(await driver.value("field.getBoundingClientRect().left"));
  await driver.eventually(async () => Math.abs(((await driver.ghostBox())?.left ?? 0) - left - wanted) < 1, true);
}

const isNear = (drawn: Box, typed: Box): boolean =>
  Math.abs(drawn.left - typed.left) < 1 && Math.abs(drawn.top - typed.top) < 1.5;
