import { expect, test } from "vitest";
import { Figures } from "../../playground/figures.ts";

test("quantiles are times that were seen", () => {
  const figures = new Figures();
  for (let ms = 1; ms <= 20; ms++) figures.answered({ ms, source: "tree" });
  expect([figures.quantile(0.5), figures.quantile(0.95)]).toEqual([10, 19]);
});

test("with no answer there are none", () => {
  expect(new Figures().quantile(0.5)).toBeNull();
});

test("a word of five letters taken with one key saves four", () => {
  const figures = new Figures();
  for (let key = 0; key < 5; key++) figures.typedKey();
  figures.accepted(5);
  expect(figures.saved).toBe(4);
  expect(figures.savedShare).toBeCloseTo(0.4);
});
