import { expect, test } from "vitest";
import { Conversation } from "../../src/ghost/conversation.ts";

const at = (before: string) => ({ before, after: "" });
const answer = (seq: number, text: string, changes = {}) => ({ seq, text, final: true, ...changes });

test("the number grows with every question", () => {
  const conversation = new Conversation();
  expect([at("a"), at("ab"), at("a")].map((text) => conversation.ask(text).seq)).toEqual([1, 2, 3]);
});

test("the newest question's answer is held", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere"));
  expect(conversation.held?.text).toBe("ere");
});

test("an older question's answer is held where it agrees with what was typed since", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.ask(at("Hi the"));
  conversation.answer(answer(1, "ere"));
  expect(conversation.held?.text).toBe("ere");
});

test("an older question's answer that does not agree leaves what is held", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi t"));
  conversation.answer(answer(1, "here"));
  conversation.ask(at("Hi th"));
  conversation.ask(at("Hi the"));
  conversation.answer(answer(2, "at"));
  expect(conversation.held?.text).toBe("here");
});

test("an answer that is older than what is held is dropped", () => {
  const conversation = new Conversation();
  conversation.ask(at("a"));
  conversation.ask(at("ab"));
  conversation.answer(answer(2, "c"));
  conversation.answer(answer(1, "bx"));
  expect(conversation.held?.text).toBe("c");
});

test("an empty answer takes away what is held only where it is final, about the newest text, and not for want of time", () => {
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

test("what was dismissed stays away, also where its answer comes late, until another text is asked about", () => {
  const conversation = new Conversation();
  conversation.ask(at("Hi th"));
  conversation.answer(answer(1, "ere"));
  conversation.dismiss();
  conversation.answer(answer(1, "ere, Ann"));
  expect(conversation.held).toBeNull();
  expect(conversation.isDismissed(at("Hi th"))).toBe(true);
  expect(conversation.isDismissed(at("Hi the"))).toBe(false);
});

test("other ways to go on are asked for once, and stepped through in a circle", () => {
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

test("what was chosen stays while it is typed, whatever the server says of the longer text", () => {
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
