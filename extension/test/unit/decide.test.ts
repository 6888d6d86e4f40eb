import { expect, test } from "vitest";
import { decide, type Live, obstacleTo, SURE, type Suggestion } from "../../src/ghost/decide.ts";

const live = (changes: Partial<Live> = {}): Live => ({
  before: "Hi th",
  after: "",
  limit: 2000,
  selected: false,
  composing: false,
  dictated: false,
  oneLine: false,
  room: Number.POSITIVE_INFINITY,
  ...changes,
});

const suggestion = (text: string, after = "", confidence = 0.5): Suggestion => ({
  anchor: { seq: 4, before: "Hi th", after },
  text,
  confidence,
});

const reason = (reason: string) => ({ kind: "nothing", reason });

test("a suggestion that fits is drawn in the line", () => {
  expect(decide(suggestion("ere, Ann"), live())).toEqual({
    kind: "ghost",
    text: "ere, Ann",
    position: "inline",
    seq: 4,
    choice: null,
  });
});

test("the typed part of a suggestion is not drawn again", () => {
  expect(decide(suggestion("ere, Ann"), live({ before: "Hi there" }))).toMatchObject({ text: ", Ann" });
});

test("ghost text ends with the line", () => {
  expect(decide(suggestion("ere,\nHow are you"), live())).toMatchObject({ text: "ere," });
});

test("ghost text ends before invisible characters and characters that change the direction", () => {
  expect(decide(suggestion("ere\u202eevil"), live())).toMatchObject({ text: "ere" });
});

test("text that already follows the caret is not drawn", () => {
  expect(decide(suggestion("ere again.", " ."), live({ after: " ." }))).toMatchObject({ position: "below" });
  expect(decide(suggestion("ere.", "."), live({ after: "." }))).toMatchObject({ text: "ere" });
});

test("spaces after the caret do not count as text", () => {
  expect(decide(suggestion("ere", "  \nAnn"), live({ after: "  \nAnn" }))).toMatchObject({ position: "inline" });
});

test("if text follows in the line and the next line is empty, ghost text goes below", () => {
  expect(decide(suggestion("ere", " Ann"), live({ after: " Ann" }))).toMatchObject({ position: "below" });
});

test.each([
  ["no answer has come", null, {}, "no_answer"],
  ["the answer is empty", suggestion(""), {}, "empty"],
  ["the answer is only space", suggestion("  "), {}, "empty"],
  ["the answer begins with a new line", suggestion("\nAnn"), {}, "empty"],
  ["all of it has been typed", suggestion("ere"), { before: "Hi there" }, "used_up"],
  ["the text is another one", suggestion("ere"), { before: "Hi to" }, "other_text"],
  ["an input method composes", suggestion("ere"), { composing: true }, "composing"],
  ["the text is dictated", suggestion("ere"), { dictated: true }, "dictated"],
  ["there is a selection", suggestion("ere"), { selected: true }, "selected"],
  ["the caret is inside a word", suggestion("ere", "ing"), { after: "ing" }, "inside_word"],
  ["text follows, and text stands below", suggestion("ere", " a\nb"), { after: " a\nb" }, "no_room"],
  ["the field would not take it", suggestion("ere"), { room: 2 }, "no_room"],
] as const)("nothing is drawn if %s", (_, held, changes, why) => {
  expect(decide(held, live(changes))).toEqual(reason(why));
});

test("if nothing could be drawn, no request is needed", () => {
  expect(obstacleTo(live({ after: "ing" }))).toBe("inside_word");
  expect(obstacleTo(live())).toBeNull();
});

test("a single letter is not drawn: typing it is as fast as accepting it", () => {
  expect(decide(suggestion("ere"), live({ before: "Hi ther" }))).toEqual(reason("one_letter"));
  expect(decide(suggestion("ere"), live({ before: "Hi the" }))).toMatchObject({ text: "re" });
});

test("after a short value in a field of one line, only a suggestion that is sure enough is drawn", () => {
  const oneLine = live({ oneLine: true });
  expect(decide(suggestion("ere", "", SURE - 0.01), oneLine)).toEqual(reason("doubtful"));
  expect(decide(suggestion("ere", "", SURE), oneLine)).toMatchObject({ text: "ere" });
});

test("a suggestion is counted only if the user steps through several", () => {
  const counted = (of: number) => decide({ ...suggestion("ere"), choice: { number: 1, of } }, live());
  expect(counted(1)).toMatchObject({ kind: "ghost", choice: null });
  expect(counted(2)).toMatchObject({ kind: "ghost", choice: { number: 1, of: 2 } });
});

test("in a field of one line, a suggestion that the user chose is drawn", () => {
  const chosen = { ...suggestion("ere", "", 0.1), choice: { number: 2, of: 3 } };
  expect(decide(chosen, live({ oneLine: true }))).toMatchObject({ text: "ere" });
});

test("a long line is prose: less likely suggestions are drawn, too", () => {
  const before = "Please let me know if you have any further que";
  const long = { ...suggestion("stions", "", 0.3), anchor: { seq: 4, before, after: "" } };
  expect(decide(long, live({ oneLine: true, before }))).toMatchObject({ text: "stions" });
});

test("a correction stands in place of the characters before the caret, for exactly its text", () => {
  const correction: Suggestion = {
    ...suggestion("there"),
    anchor: { seq: 4, before: "Hi tehre", after: "" },
    replaces: 5,
  };
  expect(decide(correction, live({ before: "Hi tehre" }))).toEqual({
    kind: "correction",
    text: "there",
    replaced: "tehre",
    seq: 4,
  });
  expect(decide(correction, live({ before: "Hi tehr" }))).toEqual(reason("other_text"));
  expect(decide(correction, live({ before: "Hi tehret" }))).toEqual(reason("other_text"));
  expect(decide(correction, live({ before: "Hi tehre", after: "x" }))).toEqual(reason("inside_word"));
  expect(decide(correction, live({ before: "Hi tehre", oneLine: true }))).toEqual(reason("doubtful"));
  expect(decide(correction, live({ before: "Hi tehre", oneLine: true, byKey: true })).kind).toBe("correction");
  const longer = { ...correction, text: "thereof" };
  expect(decide(longer, live({ before: "Hi tehre", room: 1 }))).toEqual(reason("no_room"));
});

test.each([
  ["a part of a word", "Hi tehre", "there", 3],
  ["more than a word", "Hi tehre", "there", 7],
  ["more than there is", "tehre", "there", 9],
  ["digits", "Hi 12345", "there", 5],
  ["by hidden text", "Hi tehre", "there\u202eevil", 5],
  ["by several lines", "Hi tehre", "there\nAnn", 5],
])("whatever the server says, a correction replaces no %s", (_, before, text, replaces) => {
  const correction = { ...suggestion(text), anchor: { seq: 4, before, after: "" }, replaces };
  expect(decide(correction, live({ before }))).toEqual(reason("other_text"));
});

test("a correction may stand after an opening quote", () => {
  const before = "Hi 'tehre";
  const correction = { ...suggestion("there"), anchor: { seq: 4, before, after: "" }, replaces: 5 };
  expect(decide(correction, live({ before }))).toMatchObject({ kind: "correction", replaced: "tehre" });
});
