import { expect, test } from "vitest";
import {
  bestSites,
  countedHost,
  countInAll,
  countOfMonth,
  countOn,
  DAYS_KEPT,
  dayOf,
  lastDays,
  NO_SAVINGS,
  type Savings,
  SITES_KEPT,
  timeFor,
  withAccepted,
  withoutSites,
  withTakenAgain,
  withTakenBack,
} from "../../src/savings.ts";

const accepted = (savings: Savings, day: string, length: number, presses = 1, host: string | null = null) =>
  withAccepted(savings, { day, length, presses, host });

/** `count` days from 1 January on, with one saved keystroke each. */
const daily = (count: number) =>
  Array.from({ length: count }, (_, index) => dayOf(new Date(2026, 0, 1 + index))).reduce(
    (savings, day) => accepted(savings, day, 2),
    NO_SAVINGS,
  );

test("accepted text is counted by the day, minus the keys that were pressed for it", () => {
  const first = accepted(NO_SAVINGS, "2026-11-25", 8);
  const second = accepted(first, "2026-11-25", 9, 3);
  const third = accepted(second, "2026-11-26", 3);
  expect(third.days).toEqual([
    { day: "2026-11-25", taken: 2, keys: 13 },
    { day: "2026-11-26", taken: 1, keys: 2 },
  ]);
  expect(third.since).toBe("2026-11-25");
  expect(countOn(third, "2026-11-27")).toEqual({ taken: 0, keys: 0 });
});

test("a word that took more keys than it has letters counts against the others of its day, but a day is never below zero", () => {
  const day = "2026-11-25";
  expect(countOn(accepted(accepted(NO_SAVINGS, day, 8), day, 1, 4), day)).toEqual({ taken: 2, keys: 4 });
  expect(countOn(accepted(NO_SAVINGS, day, 1, 4), day)).toEqual({ taken: 1, keys: 0 });
});

test("what is undone is not counted, on its day and its site, and never below zero", () => {
  const [day, host] = ["2026-11-25", "mail.test"];
  const first = accepted(NO_SAVINGS, day, 8, 1, host);
  const back = (savings: Savings, length: number, presses = 1) =>
    withTakenBack(savings, { day, length, presses, host });
  const rest = back(accepted(first, day, 6, 1, host), 6);
  expect(rest).toEqual(first);
  const none = back(rest, 8);
  expect(none.days).toEqual([{ day, taken: 0, keys: 0 }]);
  expect(none.sites).toEqual([{ host, taken: 0, keys: 0 }]);
  expect(back(none, 8)).toEqual(none);
  expect(countOn(back(accepted(NO_SAVINGS, day, 1, 4), 1, 4), day)).toEqual({ taken: 0, keys: 0 });
});

test("what is redone counts as it did before it was undone", () => {
  const [day, host] = ["2026-11-25", "mail.test"];
  const again = (savings: Savings, length: number, presses: number) =>
    withTakenAgain(withTakenBack(savings, { day, length, presses, host }), { day, length, presses, host });
  const word = accepted(NO_SAVINGS, day, 8, 1, host);
  expect(again(word, 8, 1)).toEqual(word);
  const dear = accepted(word, day, 1, 4, host);
  expect(again(dear, 1, 4)).toEqual(dear);
});

test("the number of stored days is bounded, and the sum of all days stays right", () => {
  const savings = daily(400);
  expect(savings.days).toHaveLength(DAYS_KEPT);
  expect(savings.days.at(-1)?.day).toBe("2027-02-04");
  expect(countInAll(savings)).toEqual({ taken: 400, keys: 400 });
  expect(savings.since).toBe("2026-01-01");
});

test("a month with 31 days is counted as a whole on its last day", () => {
  const savings = daily(31 + 28 + 31);
  expect(countOfMonth(savings, "2026-03-31").keys).toBe(31);
  expect(countOfMonth(savings, "2026-03-10").keys).toBe(10);
});

test("if the clock goes back a day, the days stay in order", () => {
  const savings = accepted(accepted(NO_SAVINGS, "2026-11-26", 2), "2026-11-25", 2);
  expect(savings.days.map(({ day }) => day)).toEqual(["2026-11-25", "2026-11-26"]);
});

test("sites are counted only if a host is given, the newest are kept, and all can be forgotten", () => {
  const some = ["a.test", "__proto__", "a.test"].reduce(
    (savings, host) => accepted(savings, "2026-11-25", 3, 1, host),
    accepted(NO_SAVINGS, "2026-11-25", 50),
  );
  expect(bestSites(some, 10)).toEqual([
    { host: "a.test", taken: 2, keys: 4 },
    { host: "__proto__", taken: 1, keys: 2 },
  ]);
  expect(bestSites(some, 1)).toHaveLength(1);
  const many = Array.from({ length: 250 }, (_, index) => `site-${index}.test`).reduce(
    (savings, host) => accepted(savings, "2026-11-25", 3, 1, host),
    some,
  );
  expect(many.sites).toHaveLength(SITES_KEPT);
  expect(many.sites[0]?.host).toBe("site-249.test");
  expect(withoutSites(many)).toEqual({ ...many, sites: [] });
});

test.each([
  [{ url: "https://mail.test/inbox?to=ann", incognito: false }, "mail.test"],
  [{ url: "https://mail.test/", incognito: true }, null],
  [{ incognito: false }, null],
  [{ url: "about:blank", incognito: false }, null],
  [undefined, null],
])("a suggestion in the tab %j is counted for the site %j", (tab, host) => {
  expect(countedHost(tab)).toBe(host);
});

test("the days before today are found across a change of month and of daylight saving time", () => {
  expect(lastDays(new Date(2026, 2, 1, 23), 3)).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  const days = lastDays(new Date(2026, 10, 30, 12), 365);
  expect(new Set(days).size).toBe(365);
});

test("at 40 words per minute, 200 keystrokes take a minute", () => {
  expect(timeFor(200, 40)).toBe(60_000);
  expect(timeFor(200, 80)).toBe(30_000);
});
