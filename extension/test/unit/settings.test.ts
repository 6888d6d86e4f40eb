import { expect, test } from "vitest";
import { DEFAULTS } from "../../src/preferences.ts";
import { checkSettings, differing, isSame, merge, SETTING_NAMES, settingsOf } from "../../src/settings.ts";
import { changesBetween } from "../../src/ui/setting-changes.ts";

const defaults = settingsOf(DEFAULTS);

test("every preference except a pause is a setting, and the defaults pass the checks", () => {
  expect([...SETTING_NAMES, "pausedUntil"].sort()).toEqual(Object.keys(DEFAULTS).sort());
  expect(checkSettings({ ...defaults })).toEqual({ kind: "settings", settings: defaults });
});

test.each([
  ["codeToo", 1],
  ["fieldsOff", ["text", "password"]],
  ["fieldsOff", ["code"]],
  ["sitesOff", ["https://mail.test/"]],
  ["sitesOff", ["mail.test", "mail.test"]],
  ["sitesOff", [""]],
  ["sitesOff", "mail.test"],
  ["besidePage", ["mail.test", 1]],
  ["sureness", "certain"],
  ["moment", "never"],
  ["length", 4],
  ["length", "1"],
  ["amounts", []],
  ["amounts", { "mail.test": {} }],
  ["amounts", { "mail.test": { length: 0 } }],
  ["amounts", { "mail.test": { spoken: true } }],
  ["amounts", { "https://mail.test/": { length: 1 } }],
  ["amounts", JSON.parse('{ "mail.test": { "__proto__": 1 } }')],
  ["keys", { ...DEFAULTS.keys, word: "a" }],
  ["keys", { ...DEFAULTS.keys, word: "Escape" }],
  ["keys", { word: "Tab", all: "Tab" }],
  ["keys", null],
  ["keys", { ...DEFAULTS.keys, other: "F2" }],
  ["spoken", null],
  ["countSites", "yes"],
  ["wordsPerMinute", 0],
  ["wordsPerMinute", 40.5],
  ["wordsPerMinute", "40"],
])("a value of %s that cannot be used is refused: %j", (name, value) => {
  expect(checkSettings({ [name]: value })).toEqual({ kind: "unusable", name });
});

test.each(["token", "server", "pausedUntil", "__proto__"])("%s is not a setting", (name) => {
  expect(checkSettings(JSON.parse(`{ "${name}": 1 }`))).toEqual({ kind: "unknown", name });
});

test("keys that an older version did not have get their defaults, and none if another action has that key", () => {
  expect(checkSettings({ keys: { word: "F2", all: DEFAULTS.keys.dismiss } })).toEqual({
    kind: "settings",
    settings: { keys: { ...DEFAULTS.keys, word: "F2", all: DEFAULTS.keys.dismiss, dismiss: "" } },
  });
});

test("keys that are off may be off several times", () => {
  expect(checkSettings({ keys: { ...DEFAULTS.keys, next: "", previous: "" } }).kind).toBe("settings");
});

test("the order of an object's members makes no difference, the order of a list does", () => {
  const reversed = Object.fromEntries(Object.entries(DEFAULTS.keys).reverse());
  expect(isSame({ keys: reversed }, { keys: DEFAULTS.keys })).toBe(true);
  expect(isSame([1, 2], [2, 1])).toBe(false);
  expect(differing({ ...defaults, keys: reversed as typeof DEFAULTS.keys }, defaults)).toEqual({});
});

const local = { ...defaults, spoken: true };

test("the first time, the account's settings replace those of the browser", () => {
  expect(merge(null, local, { spoken: false, sureness: "calm" })).toEqual({ ...defaults, sureness: "calm" });
});

test("afterwards, a setting that was changed only here stays, and one that was changed elsewhere is taken", () => {
  expect(merge(defaults, local, { ...defaults, sureness: "calm" })).toEqual({ ...local, sureness: "calm" });
});

test("the differences are named, one line each", () => {
  const after = {
    ...defaults,
    codeToo: true,
    fieldsOff: ["email" as const],
    sitesOff: ["bank.test"],
    sureness: "calm" as const,
    amounts: { "mail.test": { moment: "key" as const, length: 1 as const } },
    keys: { ...DEFAULTS.keys, word: "Ctrl+Enter", next: "" },
    wordsPerMinute: 60,
    snippets: [{ trigger: ";addr", text: "12 High Street" }],
  };
  expect(changesBetween(defaults, after)).toEqual([
    "Code editors: off → on",
    "E-mail: on → off",
    "bank.test: on → off",
    "How sure: Balanced → Only when sure",
    "mail.test, Suggestions appear: As on all sites → Only when you press a key",
    "mail.test, Longest suggestion: As on all sites → One word",
    "Accept next word: Tab → Ctrl + Enter",
    "Next suggestion: Alt + ↓ → Off",
    "Typing speed: 40 → 60",
    "Snippet ;addr: added",
  ]);
  expect(changesBetween(after, defaults)).toHaveLength(10);
  const moved = { ...after, snippets: [{ trigger: ";addr", text: "moved" }] };
  expect(changesBetween(after, moved)).toEqual(["Snippet ;addr: changed"]);
  expect(changesBetween(after, after)).toEqual([]);
});
