import { expect, test } from "vitest";
import { DEFAULTS } from "../../src/preferences.ts";
import { settingsOf } from "../../src/settings.ts";
import { fileOf, LARGEST_FILE, problemSentence, readFile } from "../../src/settings-file.ts";
import { EVERYWHERE } from "../../src/sites.ts";

const settings = {
  ...settingsOf({ ...DEFAULTS, pausedUntil: 123 }),
  sitesOff: ["bank.test"],
  snippets: [{ trigger: ";kr", text: "Kind regards,\nAnn" }],
};
const allowed = ["https://mail.test/*", "*://chat.test/*"];

/** A file like an exported one, with other members. */
const changed = (members: object) => JSON.stringify({ ...JSON.parse(fileOf(settings, allowed)), ...members });

test.each([[allowed], [EVERYWHERE], [[]]])("an exported file is imported as it was, with these sites: %j", (sites) => {
  expect(readFile(fileOf(settings, sites))).toEqual({ kind: "content", content: { settings, allowed: sites } });
});

test("a file contains the settings, the sites and a version, and nothing else", () => {
  const file = JSON.parse(fileOf(settings, allowed));
  expect(Object.keys(file)).toEqual(["format", "version", "settings", "allowed"]);
  expect(Object.keys(file.settings)).not.toContain("pausedUntil");
});

test("settings that a file lacks are not touched", () => {
  const reading = readFile(changed({ settings: { spoken: true } }));
  expect(reading).toMatchObject({ kind: "content", content: { settings: { spoken: true } } });
});

test.each([
  ["", "not_json"],
  ["{", "not_json"],
  [" ".repeat(LARGEST_FILE + 1), "too_large"],
  ["[]", "foreign"],
  ["null", "foreign"],
  ['{"version": 1, "settings": {}}', "foreign"],
  [changed({ format: "other-settings" }), "foreign"],
  [changed({ version: "1" }), "foreign"],
  [changed({ settings: [] }), "foreign"],
  [changed({ version: 2 }), "newer"],
  [changed({ allowed: ["file:///*"] }), "bad_sites"],
  [changed({ allowed: ["<all_urls>"] }), "bad_sites"],
  [changed({ allowed: undefined }), "bad_sites"],
  [changed({ settings: { ...settings, token: "secret" } }), "unknown"],
  [changed({ settings: { ...settings, spoken: "yes" } }), "unusable"],
])("a bad file is refused, case %#", (text, kind) => {
  expect(readFile(text).kind).toBe(kind);
});

test("the sentence names the setting, never its value, and says that nothing has changed", () => {
  const reading = readFile(changed({ settings: { spoken: "a value" } }));
  if (reading.kind !== "unusable") throw new Error("the file was not refused");
  expect(problemSentence(reading)).toBe(
    "A setting in this file has a value that Foretype cannot use. The setting is “spoken”. Nothing has changed.",
  );
  expect(problemSentence({ kind: "unknown", name: "x".repeat(500) }).length).toBeLessThan(250);
  expect(problemSentence({ kind: "foreign" })).toBe(
    "This is not a file with Foretype's settings. Nothing has changed.",
  );
});
