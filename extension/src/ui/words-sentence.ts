import { message } from "../i18n.ts";
import type { WordsTrouble } from "../protocol/own-words.ts";
import { troubleSentence } from "./trouble-sentence.ts";

/**
 * The message when a request about the user's words has failed: what happened, and what to do. `isFile`: a file of words was imported. A
 * command in it is between two backticks.
 */
export function wordsSentence(trouble: WordsTrouble, origin: string, isFile: boolean): string {
  switch (trouble) {
    case "unusable":
      return message(isFile ? "words_file_unusable" : "words_unusable");
    case "too_large":
      return message("words_too_large");
    case "too_old":
      return message("words_too_old", origin);
    case "server_failed":
      return message("words_server_failed", origin);
    default:
      return troubleSentence(trouble, origin);
  }
}
