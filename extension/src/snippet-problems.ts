import { listed, message } from "./i18n.ts";
import { LONGEST_TEXT, LONGEST_TRIGGER, MOST_SNIPPETS, type SnippetProblem, VARIABLES } from "./snippets.ts";

/** What is wrong with a snippet, in words. */
export function snippetSentence(problem: SnippetProblem): string {
  switch (problem.kind) {
    case "long_trigger":
      return message("problem_long_trigger", LONGEST_TRIGGER);
    case "long_text":
      return message("problem_long_text", LONGEST_TEXT);
    case "too_many":
      return message("problem_too_many", MOST_SNIPPETS);
    case "duplicate":
      return message("problem_duplicate", problem.name);
    case "unknown_variable":
      return message("problem_unknown_variable", listed(VARIABLES.map(inBraces)), inBraces(problem.name));
    default:
      return message(`problem_${problem.kind}`);
  }
}

const inBraces = (name: string): string => `{${name}}`;
