import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import english from "../../public/_locales/en/messages.json";

type Messages = Readonly<Record<string, string>>;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}/${path}`, "utf8");
const files = (pattern: string) => globSync(pattern, { cwd: ROOT }).map((path) => [path, read(path)] as const);

function messagesOf(locale: string): Messages {
  const parsed: Record<string, { message: string }> = JSON.parse(read(`public/_locales/${locale}/messages.json`));
  return Object.fromEntries(Object.entries(parsed).map(([name, { message }]) => [name, message]));
}

const LOCALES = globSync("public/_locales/*", { cwd: ROOT }).map((path) => path.replace(/.*[/\\]/, ""));
const OTHERS = LOCALES.filter((locale) => locale !== "en");
const ENGLISH = messagesOf("en");

/** The messages that are the same as in English, and where. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  direction: OTHERS,
  // Only signs and placeholders.
  amount_at_site: ["de", "es", "fr", "pt_BR"],
  change_from_to: ["de", "es", "pt_BR"],
  key_chosen: ["de", "es", "pt_BR"],
  // What keyboards have printed on them.
  key_ctrl: ["es", "fr", "pt_BR", "zh_CN"],
  key_escape: ["de", "es", "pt_BR", "zh_CN"],
  key_shift: ["pt_BR", "zh_CN"],
  // The same word in both languages.
  field_email: ["fr", "pt_BR"],
  next_icon_options: ["fr"],
  options: ["fr"],
  savings_site: ["fr", "pt_BR"],
  sites: ["fr", "pt_BR"],
};

const languageOf = (locale: string) => messagesOf(locale).language as string;
const pluralsOf = (language: string) => new Intl.PluralRules(language).resolvedOptions().pluralCategories;
const baseOf = (name: string) => (name.endsWith("_other") ? name.slice(0, -"_other".length) : null);
const COUNTED = Object.keys(ENGLISH).flatMap((name) => baseOf(name) ?? []);
/** The English message that a message translates. English has no form for `many`. */
const sourceOf = (name: string) => ENGLISH[name] ?? ENGLISH[name.replace(/_[a-z]+$/, "_other")] ?? "";

const found = (text: string, pattern: RegExp) => [...new Set(text.match(pattern))].sort();

test("Foretype speaks six languages, and each file names its own", () => {
  expect([...LOCALES].sort()).toEqual(["de", "en", "es", "fr", "pt_BR", "zh_CN"]);
  for (const locale of LOCALES) expect(languageOf(locale)).toBe(locale.replace("_", "-"));
});

test.each(LOCALES)("%s has every message, and each form that its plurals need", (locale) => {
  const plain = Object.keys(ENGLISH).filter(
    (name) => !COUNTED.some((base) => /^_[a-z]+$/.test(name.replace(base, ""))),
  );
  const forms = COUNTED.flatMap((base) => pluralsOf(languageOf(locale)).map((form) => `${base}_${form}`));
  expect(Object.keys(messagesOf(locale)).sort()).toEqual([...plain, ...forms].sort());
});

test.each(OTHERS)("%s has the placeholders, the commands and the variables of English in each message", (locale) => {
  for (const [name, text] of Object.entries(messagesOf(locale)))
    for (const pattern of [/\$\d/g, /`[^`]*`/g, /\{\w+\}/g, /foretype \w+( \w+)?( --\w+)?|make serve|FORETYPE_\w+/g])
      expect([name, ...found(text, pattern)]).toEqual([name, ...found(sourceOf(name), pattern)]);
});

test.each(OTHERS)("%s has no empty message, and none in English", (locale) => {
  const messages = Object.entries(messagesOf(locale));
  expect(messages.filter(([, text]) => text.trim() === "")).toEqual([]);
  const untranslated = messages.filter(([name, text]) => text === sourceOf(name)).map(([name]) => name);
  const expected = Object.entries(SAME).filter(([, locales]) => locales.includes(locale));
  expect(untranslated.sort()).toEqual(expected.map(([name]) => name).sort());
});

test.each(LOCALES)("in %s, a sentence that names a button has the button's own words", (locale) => {
  const messages = messagesOf(locale);
  expect(messages.sites_chosen_hint).toContain(messages.allow_on_site);
  expect(messages.sync_unusable).toContain(messages.sync_delete);
  expect(messages.keys_hint).toContain(messages.act_ask);
  for (const name of ["server_moved", "offer_hint"]) expect(messages[name]).toContain("Connect extension");
});

test("in French, no line begins with a sign that belongs to the word before it, and none ends with an opening quote", () => {
  const breaking = Object.entries(messagesOf("fr")).filter(([, text]) => / [:;!?»]|« /.test(text));
  expect(breaking).toEqual([]);
});

const PAGES = files("src/entrypoints/*/index.html");
const CODE = files("src/**/*.ts");
const OTHER_FILES = [...files("src/**/*.css"), ["wxt.config.ts", read("wxt.config.ts")] as const];

test("every message that a page, a style sheet or the manifest names exists", () => {
  const named = [
    ...PAGES.flatMap(([, text]) => [...text.matchAll(/data-i18n(?:-label)?="([^"]*)"/g)]),
    ...OTHER_FILES.flatMap(([, text]) => [...text.matchAll(/__MSG_(\w+)__/g)]),
  ].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((name) => !(name in english))).toEqual([]);
});

test("every message is used", () => {
  const all = [...PAGES, ...CODE, ...OTHER_FILES].map(([, text]) => text).join("\n");
  // Such as `file_${problem.kind}`: the compiler checks that each of them exists.
  const computed = [...all.matchAll(/message\(\s*`(\w+_)\$/g)].map(([, beginning = ""]) => beginning);
  const isUsed = (name: string) =>
    all.includes(`"${name}"`) || all.includes(`__MSG_${name}__`) || computed.some((one) => name.startsWith(one));
  const bases = Object.keys(ENGLISH).map((name) => COUNTED.find((base) => name.startsWith(`${base}_`)) ?? name);
  expect(bases.filter((name) => !isUsed(name))).toEqual([]);
});

test("the pages and the code contain no sentence themselves", () => {
  const texts = PAGES.flatMap(([, text]) => [...text.matchAll(/>([^<>]*\w[^<>]*)</g)].map(([, inner = ""]) => inner));
  expect([...new Set(texts)].sort()).toEqual(["Foretype", "Please let me know if you have any que"]);
  const sentences = CODE.filter(([path]) => !/src.(ghost|protocol|page)./.test(path)).flatMap(([, text]) =>
    [...text.matchAll(/^(?!.*(\/\/|\*|Error\()).*["`]([A-Z][a-z]+ [a-z][^"`]*)["`]/gm)].map(([, , inner]) => inner),
  );
  expect(sentences).toEqual([]);
});
