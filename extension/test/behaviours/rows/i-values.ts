import { type Behaviour, VALUE } from "../behaviour.ts";

/** Forms whose values are complete before the model thinks so. */

export const VALUES: readonly Behaviour[] = [
  {
    row: "I",
    name: "a single letter would follow a complete value: Tab goes to the next field",
    html: '<input id="field" aria-label="Country"><input id="next" aria-label="Company">',
    answer: (before) => ("South African".startsWith(before) ? "South African".slice(before.length) : ""),
    async check(driver) {
      await driver.type("South Afri");
      await driver.eventually(() => driver.ghost(), "can");
      await driver.type("ca");
      await driver.eventually(() => driver.ghost(), null);
      await driver.press("Tab");
      await driver.eventually(() => driver.value("document.activeElement.id"), "next");
      await driver.eventually(() => driver.value(VALUE), "South Africa");
    },
  },
];
