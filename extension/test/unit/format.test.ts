import { expect, test } from "vitest";
import { counted, listed } from "../../src/i18n.ts";
import { amount, dayName, duration } from "../../src/ui/format.ts";

test.each([
  [0, "0 sec"],
  [59_999, "59 sec"],
  [60_000, "1 min"],
  [3_599_999, "59 min"],
  [3_600_000, "1 hr"],
  [3_600_000 * 1234 + 60_000 * 5, "1,234 hr 5 min"],
])("%d ms are %s", (ms, text) => {
  expect(duration(ms, "en")).toBe(text);
});

test("numbers, durations and days have the form of the locale", () => {
  expect(["en", "de", "fr", "zh-CN"].map((locale) => amount(12345, locale))).toEqual([
    "12,345",
    "12.345",
    "12\u202f345",
    "12,345",
  ]);
  expect(["de", "fr", "zh-CN"].map((locale) => duration(3_660_000, locale))).toEqual([
    "1 Std., 1 Min.",
    "1\u202fh 1\u00a0min",
    "1小时1分钟",
  ]);
  expect(["en-US", "en-GB", "de"].map((locale) => dayName("2026-11-05", true, locale))).toEqual([
    "Nov 5, 2026",
    "5 Nov 2026",
    "5. Nov. 2026",
  ]);
  expect(dayName("2026-11-05", false, "en-US")).toBe("Nov 5");
});

test("one keystroke is not several", () => {
  expect([0, 1, 2345].map((count) => counted("picture_day", count, "Monday"))).toEqual([
    "Monday: 0 keystrokes",
    "Monday: 1 keystroke",
    "Monday: 2,345 keystrokes",
  ]);
});

test("the items of a list are separated by commas", () => {
  expect(listed(["one", "two", "three"])).toBe("one, two, three");
});
