import { LONGEST_TEXT, LONGEST_TRIGGER, MOST_SNIPPETS, type SnippetProblem, VARIABLES } from "./snippets.ts";

/** What is wrong with a snippet, in words. Pure. */

const CAUSES: Readonly<Record<SnippetProblem["kind"], string>> = {
  no_trigger: "Type an abbreviation.",
  no_text: "Type a phrase.",
  spaces: "An abbreviation must not contain spaces.",
  long_trigger: `An abbreviation has at most ${LONGEST_TRIGGER} characters.`,
  long_text: `A phrase has at most ${LONGEST_TEXT} characters.`,
  control: "The snippet contains an invisible control character. Remove it.",
  too_many: `There are already ${MOST_SNIPPETS} snippets. Delete one first.`,
  duplicate: "There is already a snippet with this abbreviation:",
  unknown_variable: `The variables are ${VARIABLES.map((name) => `{${name}}`).join(", ")}. This one is unknown:`,
};

export function snippetSentence(problem: SnippetProblem): string {
  if (!("name" in problem)) return CAUSES[problem.kind];
  const name = problem.kind === "unknown_variable" ? `{${problem.name}}` : problem.name;
  return `${CAUSES[problem.kind]} ${name}`;
}
