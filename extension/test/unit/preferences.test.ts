import { expect, test } from "vitest";
import { DEFAULTS, isFieldOn, isOnAt, isPaused, withDefaults, withField, withSite } from "../../src/preferences.ts";

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
