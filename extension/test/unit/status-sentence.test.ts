import { expect, test } from "vitest";
import type { ActivePage } from "../../src/entrypoints/popup/active-page.ts";
import { statusSentence } from "../../src/entrypoints/popup/status-sentence.ts";
import { DEFAULT_KEYS } from "../../src/ghost/keys.ts";
import { DEFAULTS, type Preferences, withDifference, withSite } from "../../src/preferences.ts";

const MAIL: ActivePage = { kind: "site", host: "mail.test", focus: "field" };

const sentence = (preferences: Preferences, page = MAIL) =>
  statusSentence({ server: "ready", page, preferences, now: 0 });

test("where suggestions appear only when a key is pressed, the popup names the key, also on this site alone", () => {
  const onKey = { tone: "good", text: "On. To see a suggestion, press Ctrl + Space in a field." };
  expect(sentence({ ...DEFAULTS, moment: "key" })).toEqual(onKey);
  expect(sentence({ ...DEFAULTS, moment: "key", keys: { ...DEFAULT_KEYS, ask: "F2" } }).text).toContain("press F2 in");
  expect(sentence(withDifference(DEFAULTS, "mail.test", { moment: "key" }))).toEqual(onKey);
  expect(sentence(withDifference(DEFAULTS, "other.test", { moment: "key" })).text).toContain("while you write");
});

test("if that key is turned off, the popup says that no suggestion can appear", () => {
  const keys = { ...DEFAULT_KEYS, ask: "" };
  expect(sentence({ ...DEFAULTS, moment: "key", keys })).toMatchObject({ tone: "bad" });
  expect(sentence(withSite({ ...DEFAULTS, keys }, "mail.test", false)).text).toBe("Off on this site.");
});

test("a private field stays private, whatever the key", () => {
  const page: ActivePage = { ...MAIL, focus: "private" };
  expect(sentence({ ...DEFAULTS, moment: "key" }, page).text).toContain("does not read this field");
});
