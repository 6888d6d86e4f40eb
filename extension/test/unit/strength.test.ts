import { expect, test } from "vitest";
import { ghostStrength, inkFor, isVisibleOn, paperFor } from "../../src/ghost/strength.ts";

test("black on white becomes as pale as is readable", () => {
  const strength = ghostStrength("rgb(0, 0, 0)", "rgb(255, 255, 255)");
  expect(strength).toBeGreaterThanOrEqual(0.5);
  expect(strength).toBeLessThan(0.6);
});

test("white on black becomes as pale as is readable", () => {
  expect(ghostStrength("rgb(255, 255, 255)", "rgb(0, 0, 0)")).toBeLessThan(0.6);
});

test("grey text keeps more of its colour, but never all of it", () => {
  expect(ghostStrength("rgb(110, 110, 110)", "rgb(255, 255, 255)")).toBeCloseTo(0.78);
});

test("on an unknown background it has a medium strength", () => {
  expect(ghostStrength("rgb(0, 0, 0)", null)).toBe(0.6);
  expect(ghostStrength("oklch(0.5 0.1 200)", "rgb(255, 255, 255)")).toBe(0.6);
});

test.each([
  ["rgb(240, 240, 240)", true],
  ["oklch(0.95 0.01 200)", true],
  ["oklab(0.2 0.01 -0.02)", false],
  ["lab(96 0 1e-05)", true],
  ["lch(20 5 80)", false],
  ["color(srgb 0.1 0.1 0.1)", false],
  ["color(display-p3 0.9 0.9 0.9 / 0.8)", true],
])("for an unknown background, a label in %s gets a dark one: %j", (colour, dark) => {
  expect(paperFor(colour)).toBe(dark ? "rgb(32, 33, 36)" : "rgb(255, 255, 255)");
});

test("text that is transparent, or of its background's colour, is not visible", () => {
  expect(isVisibleOn("rgba(0, 0, 0, 0)", null)).toBe(false);
  expect(isVisibleOn("rgba(0, 0, 0, 0.6)", "rgb(255, 255, 255)")).toBe(true);
  expect(isVisibleOn("color(srgb 0 0 0 / 0.05)", null)).toBe(false);
  expect(isVisibleOn("rgb(255, 255, 255)", "rgb(255, 255, 255)")).toBe(false);
  expect(isVisibleOn("rgb(0, 0, 0)", "rgb(255, 255, 255)")).toBe(true);
  expect(isVisibleOn("rgb(0, 0, 0)", null)).toBe(true);
});

test("a colour that replaces an invisible one is readable on its background", () => {
  expect(inkFor("rgb(255, 255, 255)")).toBe("rgb(0, 0, 0)");
  expect(inkFor("rgb(20, 20, 20)")).toBe("rgb(255, 255, 255)");
  expect(inkFor(null)).toBe("rgb(128, 128, 128)");
});
