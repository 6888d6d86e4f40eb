import { expect, test } from "vitest";
import { Figures } from "../../playground/figures.ts";

test("quantiles are measured times", () => {
  const figures = new Figures();
  for (let ms = 1; ms <= 20; ms++) figures.answered({ ms, source: "tree" });
  expect([figures.quantile(0.5), figures.quantile(0.95)]).toEqual([10, 19]);
});

test("without answers there are no quantiles", () => {
  expect(new Figures().quantile(0.5)).toBeNull();
});

test("accepting a word of five letters with one key saves four keystrokes", () => {
  const figures = new Figures();
  for (let key = 0; key < 5; key++) figures.typedKey();
  figures.accepted(5, 1);
  expect(figures.saved).toBe(4);
  expect(figures.savedShare).toBeCloseTo(0.4);
  figures.takenBack(5, 1);
  expect(figures.saved).toBe(0);
  figures.takenAgain(5, 1);
  expect(figures.saved).toBe(4);
});

test("the letters of a word that a correction replaces count once", () => {
  const figures = new Figures();
  for (let key = 0; key < 5; key++) figures.typedKey();
  figures.accepted("receive".length, 6, 5);
  expect(figures.saved).toBe(1);
  expect(figures.savedShare).toBeCloseTo(1 / 7);
});
