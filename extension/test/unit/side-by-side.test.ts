import { expect, test } from "vitest";
import { type Column, SideBySide } from "../../playground/side-by-side.ts";
import type { ErrorFrame, SuggestionFrame } from "../../src/protocol/frames.ts";
import type { KeystrokeFrame } from "../../src/protocol/unanswered.ts";

class Desk {
  readonly sent: KeystrokeFrame[] = [];
  columns: readonly Column[] = [];
  now = 0;
  isConnected = true;
  readonly sideBySide = new SideBySide(
    (frame) => {
      if (this.isConnected) this.sent.push(frame);
      return this.isConnected;
    },
    (columns) => {
      this.columns = columns.map((column) => ({ ...column }));
    },
    () => this.now,
  );

  constructor(...models: string[]) {
    this.sideBySide.connected(models);
    this.answerAll();
  }

  get asked(): (readonly [string | undefined, string])[] {
    return this.sent.map(({ model, before }) => [model, before] as const);
  }

  type(before: string): void {
    this.sideBySide.typed({ before, after: "" });
  }

  /** The newest keystroke gets its final answer after so many milliseconds. */
  answer(text: string, ms = 1): void {
    this.now += ms;
    const { field, seq } = this.sent.at(-1) as KeystrokeFrame;
    expect(this.sideBySide.take(suggestion(field, seq, text))).toBe(true);
  }

  answerAll(): void {
    for (let count = 0; count < this.sent.length; count++) this.answer("");
    this.sent.length = 0;
  }
}

const suggestion = (field: string, seq: number, text: string, final = true): SuggestionFrame => ({
  type: "suggestion",
  field,
  seq,
  text,
  final,
  confidence: 0.5,
  source: "model",
  elapsedMs: 1,
});

test("each model is asked for the same text, the next one after the answer of the one before", () => {
  const desk = new Desk("a", "b");
  desk.type("Hel");
  expect(desk.sent.length).toBe(1);
  const first = desk.sent[0]?.model;
  desk.answer("lo", 12);
  desk.answer("p", 3);
  expect(new Set(desk.asked.map(([model]) => model))).toEqual(new Set(["a", "b"]));
  expect(desk.asked.map(([, before]) => before)).toEqual(["Hel", "Hel"]);
  const byModel = Object.fromEntries(desk.columns.map(({ model, said }) => [model, [said?.text, said?.ms]]));
  expect(byModel[first ?? ""]).toEqual(["lo", 12]);
  expect(Object.values(byModel)).toContainEqual(["p", 3]);
});

test("the model that is asked first takes turns", () => {
  const desk = new Desk("a", "b");
  const firsts: (string | undefined)[] = [];
  for (const text of ["H", "He", "Hel", "Hell"]) {
    desk.type(text);
    firsts.push(desk.sent.at(-1)?.model);
    desk.answer("");
    desk.answer("");
  }
  expect([...firsts].sort()).toEqual(["a", "a", "b", "b"]);
  expect(firsts[0]).not.toBe(firsts[1]);
});

test("if the user types faster than the models answer, each of them is asked, and only for newest texts", () => {
  const desk = new Desk("a", "b");
  for (const text of ["H", "He", "Hel", "Hell"]) {
    desk.type(text);
    desk.type(`${text}!`);
    desk.answer("old");
    expect(desk.columns.map(({ said }) => said)).toEqual([null, null]);
  }
  const models = desk.asked.map(([model]) => model);
  expect(models.slice(1).every((model, number) => model !== models[number])).toBe(true);
  expect(desk.asked.at(-1)?.[1]).toBe("Hell!");
});

test("a preliminary answer, one to another text and one that nobody waits for change nothing", () => {
  const desk = new Desk("a", "b");
  desk.type("Hel");
  const { field, seq } = desk.sent[0] as KeystrokeFrame;
  for (const frame of [
    suggestion(field, seq, "lo", false),
    suggestion(field, seq - 1, "lo"),
    suggestion("side by side 7", 1, "lo"),
  ])
    expect(desk.sideBySide.take(frame)).toBe(true);
  expect(desk.sent.length).toBe(1);
  expect(desk.columns.map(({ said }) => said)).toEqual([null, null]);
});

test("answers to the page's other fields are not taken", () => {
  const desk = new Desk("a", "b");
  const other: ErrorFrame = { type: "error", code: "bad_message", field: null, seq: null };
  expect(desk.sideBySide.take(suggestion("f1", 1, "lo"))).toBe(false);
  expect(desk.sideBySide.take(other)).toBe(false);
});

test("an error is an answer without a suggestion, and the next model is asked", () => {
  const desk = new Desk("a", "b");
  desk.type("Hel");
  const { field, seq, model } = desk.sent[0] as KeystrokeFrame;
  desk.sideBySide.take({ type: "error", code: "overloaded", field, seq });
  expect(desk.columns.find((column) => column.model === model)?.said?.reason).toBe("overloaded");
  expect(desk.sent.length).toBe(2);
});

test("after a lost connection all models are asked again, and the figures are kept", () => {
  const desk = new Desk("a", "b");
  desk.type("Hel");
  desk.answer("lo", 12);
  desk.isConnected = false;
  desk.type("Help");
  desk.sent.length = 0;
  desk.isConnected = true;
  desk.sideBySide.connected(["a", "b"]);
  desk.answer("");
  desk.answer("");
  expect(desk.asked.map(([, before]) => before)).toEqual(["Help", "Help"]);
  expect(Math.max(...desk.columns.map(({ figures }) => figures.quantile(1) ?? 0))).toBe(12);
});

test("a single model is not asked", () => {
  const desk = new Desk("a");
  desk.type("Hel");
  expect(desk.sent).toEqual([]);
  expect(desk.columns).toEqual([]);
});
