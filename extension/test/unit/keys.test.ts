import { expect, test } from "vitest";
import { actOf, chordOf, DEFAULT_KEYS, isAsking, isFree } from "../../src/ghost/keys.ts";
import { press } from "./press.ts";

const ghost = { atLineEnd: true, rightToLeft: false };

test.each([
  ["Tab", "word"],
  ["ArrowRight", "all"],
  ["Escape", "dismiss"],
  ["ArrowLeft", null],
  ["Enter", null],
  ["a", null],
])("%s does %j", (key, act) => {
  expect(actOf(press(key), ghost)).toBe(act);
});

test("if text follows the caret in its line, the right arrow moves the caret", () => {
  expect(actOf(press("ArrowRight"), { ...ghost, atLineEnd: false })).toBeNull();
});

test("in right-to-left text, the left arrow accepts all", () => {
  expect(actOf(press("ArrowLeft"), { ...ghost, rightToLeft: true })).toBe("all");
  expect(actOf(press("ArrowRight"), { ...ghost, rightToLeft: true })).toBeNull();
});

test.each([
  ["of a script", { isTrusted: false }],
  ["with Shift", { shiftKey: true }],
  ["with Control", { ctrlKey: true }],
  ["with Alt", { altKey: true }],
  ["with Meta", { metaKey: true }],
  ["in a composition", { isComposing: true }],
  ["taken by an input method", { keyCode: 229 }],
])("a key %s goes to the page", (_, changes) => {
  for (const key of ["Tab", "ArrowRight", "Escape"]) expect(actOf(press(key, changes), ghost)).toBeNull();
});

test("Alt with the arrows up and down steps through other suggestions", () => {
  expect(actOf(press("ArrowDown", { altKey: true }), ghost)).toBe("next");
  expect(actOf(press("ArrowUp", { altKey: true }), ghost)).toBe("previous");
  expect(actOf(press("ArrowDown", { altKey: true, shiftKey: true }), ghost)).toBeNull();
  expect(actOf(press("ArrowDown"), ghost)).toBeNull();
});

test("keys can be changed or turned off", () => {
  const keys = { ...DEFAULT_KEYS, word: "Ctrl+Enter", all: "End", dismiss: "" };
  expect(actOf(press("Enter", { ctrlKey: true }), ghost, keys)).toBe("word");
  expect(actOf(press("End"), { ...ghost, atLineEnd: false }, keys)).toBe("all");
  for (const key of ["Tab", "ArrowRight", "Escape"]) expect(actOf(press(key), ghost, keys)).toBeNull();
});

test("a chord is named by its modifiers and its key; a modifier alone is no chord", () => {
  expect(chordOf(press("ArrowDown", { altKey: true, ctrlKey: true }))).toBe("Ctrl+Alt+ArrowDown");
  expect(chordOf(press("J", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+Shift+j");
  expect(chordOf(press("Control", { ctrlKey: true }))).toBeNull();
});

test.each([
  ["a", false],
  [" ", false],
  ["Shift+a", false],
  ["Enter", false],
  ["Backspace", false],
  ["Shift+Tab", false],
  ["Tab", true],
  ["Ctrl+Enter", true],
  ["Alt+a", true],
  ["F2", true],
])("whether %s may be chosen: %j", (chord, free) => {
  expect(isFree(chord)).toBe(free);
});

test("the key for one suggestion is Ctrl+Space, and only the user can press it", () => {
  const space = press(" ", { ctrlKey: true });
  expect(isAsking(space, DEFAULT_KEYS)).toBe(true);
  expect(isAsking({ ...space, isTrusted: false }, DEFAULT_KEYS)).toBe(false);
  expect(isAsking({ ...space, keyCode: 229 }, DEFAULT_KEYS)).toBe(false);
  expect(isAsking(press(" "), DEFAULT_KEYS)).toBe(false);
  expect(isAsking(press("Control", { ctrlKey: true }), { ...DEFAULT_KEYS, ask: "" })).toBe(false);
  expect(actOf(space, ghost)).toBeNull();
  expect(isFree(DEFAULT_KEYS.ask)).toBe(true);
});
