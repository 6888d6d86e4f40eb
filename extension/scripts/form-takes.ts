/**
 * What one press of Tab would do after each letter of values that users type into forms, by the extension's own rules. `latency.forms` starts
 * it: it reads one value with its answers from each line of standard input, as JSON, and writes one line of results for each.
 */
import { createInterface } from "node:readline";
import { type Answer, Conversation } from "../src/ghost/conversation.ts";
import { decide } from "../src/ghost/decide.ts";
import { nextWord } from "../src/ghost/text/words.ts";

interface Typed {
  readonly value: string;
  /** The final answer after each letter of the value. */
  readonly answers: readonly { readonly text: string; readonly confidence: number }[];
}

/** For each prefix of the value, the text that Tab inserts. Empty if Tab leads to the next field. */
function insertedAt({ value, answers }: Typed, oneLine: boolean): string[] {
  const conversation = new Conversation();
  return answers.map(({ text, confidence }, index) => {
    const live = {
      before: value.slice(0, index + 1),
      after: "",
      limit: Number.POSITIVE_INFINITY,
      selected: false,
      composing: false,
      dictated: false,
      oneLine,
      room: Number.POSITIVE_INFINITY,
    };
    const { seq } = conversation.ask(live);
    conversation.answer({ seq, text, confidence, final: true } satisfies Answer);
    const shown = decide(conversation.held, live);
    return shown.kind === "ghost" ? nextWord(shown.text) : "";
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const typed = JSON.parse(line) as Typed;
  const every = typed.answers.map(({ text }) => nextWord(text));
  const result = { every, many_lines: insertedAt(typed, false), one_line: insertedAt(typed, true) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
