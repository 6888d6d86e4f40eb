import { type Behaviour, type Driver, REST, TYPED, VALUE } from "../behaviour.ts";

/** Pages that move the field, change its text or cover it, without an event that tells so. */

const FIELD = '<textarea id="field" rows="3" cols="60"></textarea><button>Send</button>';

const STAYS = "The suggestion stays where it was until the next event.";

const fieldTop = (driver: Driver) => driver.value("document.querySelector('#field').getBoundingClientRect().top");

/** The distance from the field's top to that of the ghost text. Null if nothing is drawn. */
async function drop(driver: Driver): Promise<number | null> {
  const box = await driver.ghostBox();
  return box && Math.round(box.top - Number(await fieldTop(driver)));
}

export const MOVED: readonly Behaviour[] = [
  {
    row: "A",
    name: "a paragraph appears above the field: the suggestion moves with the field",
    html: `<div id="feed"><p>Hello!</p></div>${FIELD}<script>
      let timer;
      field.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => feed.insertAdjacentHTML("beforeend", "<p>A new message</p>"), 1500);
      });
    </script>`,
    not: { chromium: STAYS, firefox: STAYS },
    async check(driver) {
      await driver.type(TYPED);
      await driver.eventually(() => driver.ghost(), REST);
      const [was, from] = [await drop(driver), await fieldTop(driver)];
      await driver.eventually(async () => (await fieldTop(driver)) !== from, true);
      await driver.eventually(() => drop(driver), was);
      await driver.press("Tab");
      await driver.eventually(() => driver.value(VALUE), `${TYPED}ck`);
    },
  },
];
