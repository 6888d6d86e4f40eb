import { type Behaviour, REST, TYPED } from "../behaviour.ts";

/** Printing. The words of a suggestion are pictures, so the printed pages contain as many pictures as without it. */

const PICTURE =
  '<canvas id="drawn" width="40" height="40"></canvas><script>drawn.getContext("2d").fillRect(5, 5, 30, 30)</script>';

const check: Behaviour["check"] = async (driver) => {
  const without = await driver.printedPictures();
  // The page's own picture shows that pictures are counted.
  await driver.eventually(() => without > 0, true);
  await driver.type(TYPED);
  await driver.eventually(() => driver.ghost(), REST);
  await driver.eventually(() => driver.printedPictures(), without);
  await driver.eventually(() => driver.ghost(), REST);
};

export const PRINTED: readonly Behaviour[] = [
  {
    row: "N",
    name: "the page is printed: the suggestion is not on paper, and it is on the screen afterwards",
    html: `${PICTURE}<p><textarea id="field" rows="4" cols="70"></textarea>`,
    check,
  },
  {
    row: "N",
    name: "the page is printed from an editable element: the same",
    html: `${PICTURE}<div id="field" contenteditable="true" style="width: 600px"></div>`,
    check,
  },
];
