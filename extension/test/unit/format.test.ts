import { expect, test } from "vitest";
import { dayName, duration, keystrokes } from "../../src/ui/format.ts";

test.each([
  [0, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_599_999, "59 min"],
  [3_600_000, "1 h"],
  [3_600_000 * 1234 + 60_000 * 5, "1,234 h 5 min"],
])("%d ms are %s", (ms, text) => {
  expect(duration(ms, "en")).toBe(text);
});

test("numbers and days have the form of the locale", () => {
  expect(["en", "de", "fr"].map((locale) => keystrokes(12345, locale))).toEqual([
    "12,345 keystrokes",
    "12.345 keystrokes",
    "12\u202f345 keystrokes",
  ]);
  expect(["en-US", "en-GB"].map((locale) => dayName("2026-11-05", true, locale))).toEqual([
    "Nov 5, 2026",
    "5 Nov 2026",
  ]);
  expect(dayName("2026-11-05", false, "en-US")).toBe("Nov 5");
});

test("one keystroke is not several", () => {
  expect([0, 1, 2].map((count) => keystrokes(count, "en"))).toEqual(["0 keystrokes", "1 keystroke", "2 keystrokes"]);
});
