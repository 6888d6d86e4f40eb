import { expect, test } from "vitest";
import { Conversation } from "../../src/ghost/conversation.ts";

const at = (before: string) => ({ before, after: "" });
const answer = (seq: number, text: string, changes = {}) => ({
  seq,
  text,
  confidence: 0.5,
  final: true,
  ...changes,
});

test("the sequence number grows with every request", () => {
  const conversation = new Conversation();
  expect([at("a"), at("ab"), at("a")].map((text) => conversation.ask(text).seq)).toEqual([1, 2, 3]);
});

test("the answer to the newest request is held", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere"));
  expect(conversation.held?.text).toBe("ere");
});

test("the answer to an older request is held if it agrees with what was typed since", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.ask(at("Hi the"));
  conversation.answer(answer(1, "ere"));
  expect(conversation.held?.text).toBe("ere");
});

test("the answer to an older request is ignored if it does not agree", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi t"));
  conversation.answer(answer(1, "here"));
  conversation.ask(at("Hi th"));
  conversation.ask(at("Hi the"));
  conversation.answer(answer(2, "at"));
  expect(conversation.held?.text).toBe("here");
});

test("an answer that is older than the held suggestion is ignored", () => {
  const conversation = new Conversation();
  conversation.ask(at("a"));
  conversation.ask(at("ab"));
  conversation.answer(answer(2, "c"));
  conversation.answer(answer(1, "bx"));
  expect(conversation.held?.text).toBe("c");
});

test("an empty answer removes the held suggestion only if it is final, about the newest text, and not cut off by the time budget", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi t"));
  conversation.answer(answer(1, "here"));
  conversation.ask(at("Hi th"));
  conversation.answer(answer(2, "", { final: false }));
  conversation.answer(answer(2, "", { reason: "budget" }));
  expect(conversation.held?.text).toBe("here");
  conversation.answer(answer(2, "", { reason: "unlikely" }));
  expect(conversation.held?.text).toBe("");
});

test("each part of an answer replaces the one before", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere", { final: false }));
  conversation.answer(answer(1, "ere, Ann"));
  expect(conversation.held?.text).toBe("ere, Ann");
});

test("a dismissed suggestion stays away, also if its answer comes late, until there is a request about another text", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere"));
  conversation.dismiss();
  conversation.answer(answer(1, "ere, Ann"));
  expect(conversation.held).toBeNull();
  expect(conversation.isDismissed(at("Hi th"))).toBe(true);
  expect(conversation.isDismissed(at("Hi the"))).toBe(false);
});

test("other suggestions are requested once, and stepped through in a circle", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere"));
  expect(conversation.choose(at("Hi th"), 1)).toMatchObject({ seq: 2, before: "Hi th" });
  expect(conversation.choose(at("Hi th"), 1)).toBeNull();
  conversation.answer(answer(2, "ere", { alternatives: ["at", "is"] }));
  expect(conversation.held).toMatchObject({ text: "at", choice: { number: 2, of: 3 } });
  conversation.choose(at("Hi th"), 1);
  conversation.choose(at("Hi th"), 1);
  expect(conversation.held).toMatchObject({ text: "ere", choice: { number: 1, of: 3 } });
  conversation.choose(at("Hi th"), -1);
  expect(conversation.held).toMatchObject({ text: "is", choice: { number: 3, of: 3 } });
});

test("a chosen suggestion stays while it is typed, whatever the server answers about the longer text", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere"));
  conversation.choose(at("Hi th"), 1);
  conversation.answer(answer(2, "ere", { alternatives: ["at one"] }));
  conversation.ask(at("Hi tha"));
  conversation.answer(answer(3, "nks"));
  expect(conversation.held?.text).toBe("at one");
  conversation.ask(at("Hi than"));
  conversation.answer(answer(4, "ks"));
  expect(conversation.held?.text).toBe("ks");
});
