import { readFileSync } from "node:fs";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { chromePrivacy, mozillaPrivacy } from "../../scripts/store/answers.ts";
import {
  countProblems,
  ICON,
  PROMO_TILE,
  pictureProblems,
  SCREENSHOT,
  textProblems,
} from "../../scripts/store/limits.ts";
import { namesIn, withoutKey } from "../../scripts/store/packages.ts";
import { justification, type Manifest, permissionsOf, reasonProblems, reasonsIn } from "../../scripts/store/reasons.ts";
import config from "../../wxt.config.ts";

/** What `make release` checks before a person uploads the extension. */

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const REASONS = reasonsIn(read("PERMISSIONS.md").toString());

function manifestFor(browser: "chrome" | "firefox"): Manifest {
  const { manifest } = config;
  if (typeof manifest !== "function") throw new Error("wxt.config.ts has no function for the manifest");
  return manifest({ browser, manifestVersion: 3, mode: "production", command: "build" }) as Manifest;
}

/** The header of a PNG, without its picture. */
function png(width: number, height: number, { bits = 8, colourType = 2 } = {}): Uint8Array {
  const bytes = new Uint8Array(33);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  bytes.set([bits, colourType], 24);
  return bytes;
}

const zipOf = (files: Record<string, object>) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([path, json]) => [path, strToU8(JSON.stringify(json))])));

for (const browser of ["chrome", "firefox"] as const)
  test(`each permission of the manifest for ${browser} has its reason in PERMISSIONS.md, and no other`, () => {
    const manifest = manifestFor(browser);
    expect(permissionsOf(manifest)).toContain("storage");
    expect(reasonProblems(manifest, REASONS)).toEqual([]);
  });

test("a permission without a reason, and a reason without a permission, are named", () => {
  const manifest = { ...manifestFor("chrome"), permissions: ["storage", "scripting", "tabs"] };
  expect(reasonProblems(manifest, REASONS)).toEqual([
    expect.stringMatching(/requests tabs, but PERMISSIONS\.md gives no reason/),
    expect.stringMatching(/explains activeTab, but the manifest does not request it/),
  ]);
  const scripts = { ...manifestFor("chrome"), content_scripts: [{ matches: ["<all_urls>"] }] };
  expect(reasonProblems(scripts, REASONS)).toEqual([expect.stringMatching(/requests <all_urls>/)]);
});

test("a row of PERMISSIONS.md with another number of columns is refused", () => {
  expect(() => reasonsIn("| `storage` | always | to store |")).toThrow(/3 columns in place of four/);
});

test("the hosts have one justification together, as plain text", () => {
  const text = justification(REASONS.filter(({ permissions }) => permissions.some((one) => one.includes("://"))));
  expect(text).toMatch(/^http:\/\/127\.0\.0\.1\/\*, http:\/\/localhost\/\*: /);
  expect(text).toContain("https://*/*: Suggestions appear");
  expect(text).not.toContain("`");
});

test("the answers tick what the Firefox manifest declares, and nothing else", () => {
  const firefox = manifestFor("firefox");
  const answers = chromePrivacy(manifestFor("chrome"), firefox, REASONS, "https://example.org/privacy");
  expect(answers.match(/- \[x\] .*/g)).toEqual(["- [x] Personal communications", "- [x] Website content"]);
  for (const name of ["storage", "scripting", "activeTab", "clipboardRead", "Host permission"])
    expect(answers).toContain(`### ${name} justification`);
  expect(mozillaPrivacy(firefox, REASONS, "x")).toContain("websiteContent, personalCommunications");
  const more: Manifest = {
    ...firefox,
    browser_specific_settings: { gecko: { data_collection_permissions: { required: ["searchTerms"] } } },
  };
  expect(() => mozillaPrivacy(more, REASONS, "x")).toThrow(/category for searchTerms/);
});

test("a text that is too long or empty is named, with its limit and the file to edit", () => {
  expect(textProblems("chromeShort", "é".repeat(132), "a file")).toEqual([]);
  expect(textProblems("chromeShort", "é".repeat(133), "a file")).toEqual([
    "The short description for the Chrome Web Store has 133 characters; 132 are allowed. Shorten it in a file.",
  ]);
  expect(textProblems("mozillaSummary", "", "a file")).toEqual([
    expect.stringMatching(/is empty\. Write it in a file/),
  ]);
  expect([countProblems("en", 1), countProblems("en", 5)]).toEqual([[], []]);
  expect([countProblems("en", 0), countProblems("en", 6)].flat()).toHaveLength(2);
});

test("a picture of another size, with transparency or with a palette is refused", () => {
  expect(pictureProblems("a.png", png(1280, 800), SCREENSHOT)).toEqual([]);
  expect(pictureProblems("a.png", png(440, 280), PROMO_TILE)).toEqual([]);
  expect(pictureProblems("a.png", png(2560, 1600), SCREENSHOT)).toEqual([
    expect.stringMatching(/^a\.png is 2560×1600 pixels; the stores want 1280×800/),
  ]);
  for (const wrong of [{ colourType: 6 }, { colourType: 3 }, { bits: 16 }])
    expect(pictureProblems("a.png", png(1280, 800, wrong), SCREENSHOT)).toEqual([expect.stringMatching(/24 bits/)]);
  expect(pictureProblems("a.png", strToU8("no picture"), SCREENSHOT)).toEqual([expect.stringMatching(/is not a PNG/)]);
  expect(pictureProblems("icon", read("public/icon/128.png"), ICON)).toEqual([]);
});

test("the package for the Chrome Web Store has no key, and is otherwise the same", () => {
  const files = unzipSync(withoutKey(zipOf({ "manifest.json": { ...manifestFor("chrome") }, "a.json": { a: 1 } })));
  const { key: _, ...expected } = manifestFor("chrome") as Manifest & { key: string };
  expect(JSON.parse(strFromU8(files["manifest.json"] as Uint8Array))).toEqual(expected);
  expect(JSON.parse(strFromU8(files["a.json"] as Uint8Array))).toEqual({ a: 1 });
});

test("name and short description follow the language, or the default language", () => {
  const archive = zipOf({
    "manifest.json": { name: "Foretype", description: "__MSG_about__", default_locale: "en" },
    "_locales/en/messages.json": { about: { message: "Grey text" } },
    "_locales/de/messages.json": { about: { message: "Grauer Text" } },
  });
  expect(namesIn(archive, "de")).toEqual({ name: "Foretype", description: "Grauer Text" });
  expect(namesIn(archive, "fr").description).toBe("Grey text");
});
