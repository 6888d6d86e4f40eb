import { expect, test } from "vitest";
import {
  amountAt,
  DEFAULTS,
  differenceAt,
  isFieldOn,
  isOnAt,
  isPaused,
  withDefaults,
  withDifference,
  withField,
  withSite,
} from "../../src/preferences.ts";

const off = withSite(DEFAULTS, "mail.example.org", false);

test.each([
  ["mail.example.org", false],
  ["example.org", true],
  ["www.mail.example.org", true],
  ["mail.example.org.evil.test", true],
  ["mailxexample.org", true],
  ["MAIL.example.org", true],
])("with mail.example.org off, %s is on: %j", (host, on) => {
  expect(isOnAt(off, [host])).toBe(on);
});

test("a frame is off if the page around it is off", () => {
  expect(isOnAt(off, ["ads.test", "mail.example.org"])).toBe(false);
});

test("a site that is turned on again is removed from the list", () => {
  expect(withSite(off, "mail.example.org", true).sitesOff).toEqual([]);
});

test("a pause ends by itself", () => {
  const paused = { ...DEFAULTS, pausedUntil: 5000 };
  expect([4999, 5000].map((now) => isPaused(paused, now))).toEqual([true, false]);
});

test("kinds of field are on until they are turned off, and code is off until it is turned on", () => {
  const kinds = ["text", "email", "line", "search", "code"] as const;
  const on = (preferences: typeof DEFAULTS) => kinds.filter((kind) => isFieldOn(preferences, kind));
  expect(on(DEFAULTS)).toEqual(["text", "email", "line", "search"]);
  const chosen = withField(withField(withField(DEFAULTS, "search", false), "line", false), "code", true);
  expect(on(chosen)).toEqual(["text", "email", "code"]);
  expect(on(withField(chosen, "line", true))).toEqual(["text", "email", "line", "code"]);
});

test("preferences that an older version stored get the defaults of what they lack, also of one key", () => {
  const { word, ...others } = DEFAULTS.keys;
  const stored = { sureness: "calm", keys: { ...others, all: "" } } as unknown as Partial<typeof DEFAULTS>;
  const complete = withDefaults(stored);
  expect(complete).toEqual({ ...DEFAULTS, sureness: "calm", keys: { ...DEFAULTS.keys, all: "" } });
  expect(complete.keys.word).toEqual(word);
});

const { moment, length, sureness } = DEFAULTS;

test("a site gets what it differs in, and everything else from all sites", () => {
  const preferences = withDifference({ ...DEFAULTS, sureness: "calm" }, "mail.test", { length: 1 });
  expect(amountAt(preferences, ["mail.test"])).toEqual({ moment, length: 1, sureness: "calm" });
  expect(amountAt(preferences, ["www.mail.test"])).toEqual({ moment, length, sureness: "calm" });
  expect(amountAt(DEFAULTS, ["__proto__", "constructor"])).toEqual({ moment, length, sureness });
});

test("in a frame, the site of the tab counts before the site of the frame", () => {
  const one = withDifference(DEFAULTS, "tab.test", { moment: "key" });
  const both = withDifference(one, "frame.test", { sureness: "eager" });
  expect(amountAt(both, ["tab.test", "frame.test"])).toEqual({ moment: "key", length, sureness });
  expect(amountAt(both, ["frame.test"])).toEqual({ moment, length, sureness: "eager" });
});

test("a site that differs in nothing any more is removed", () => {
  const preferences = withDifference(DEFAULTS, "mail.test", { length: 1 });
  expect(differenceAt(preferences, "mail.test")).toEqual({ length: 1 });
  expect(withDifference(preferences, "mail.test", {})).toEqual(DEFAULTS);
});
