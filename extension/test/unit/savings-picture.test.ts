import { expect, test } from "vitest";
import { barsOf, HEIGHT, pictureText, WIDTH } from "../../src/entrypoints/options/savings-picture.ts";

const days = (...keys: number[]) =>
  keys.map((count, index) => ({ day: `2026-11-0${index + 1}`, taken: 1, keys: count }));

test("the best day fills the height, a day without keystrokes has no bar, and a few keystrokes can be seen", () => {
  const bars = barsOf(days(1000, 500, 1, 0));
  expect(bars.map(({ height }) => height)).toEqual([HEIGHT, HEIGHT / 2, 3, 0]);
  expect(bars.every(({ y, height }) => y + height === HEIGHT)).toBe(true);
});

test("bars lie beside each other, from the left edge to the right", () => {
  const bars = barsOf(days(1, 2, 3));
  for (const [index, { x }] of bars.entries()) {
    const previous = bars[index - 1];
    if (previous) expect(x).toBeGreaterThan(previous.x + previous.width);
  }
  const last = bars.at(-1);
  expect((bars[0]?.x ?? -1) >= 0 && (last?.x ?? 0) + (last?.width ?? 0) <= WIDTH).toBe(true);
});

test("the picture in words says how many keystrokes, on how many days, and which day was the best", () => {
  expect(pictureText(days(0, 1500, 20))).toBe(
    "1,520 keystrokes saved on 2 of the last 3 days. The most on one day: 1,500 keystrokes, on 2 Nov.",
  );
  expect(pictureText(days(0, 0))).toBe("The last 2 days: no keystrokes saved.");
});
