import { type Anchor, type Live, obstacleTo } from "./decide.ts";
import { typedThrough } from "./text/fit.ts";

/** A snippet of the user that fits the text of one request. */
export interface SnippetOffer {
  readonly seq: number;
  /** The whole abbreviation, and the part of it that was typed then. */
  readonly trigger: string;
  readonly typed: string;
  /** What replaces it. It may contain `CLIPBOARD`. */
  readonly text: string;
}

/** An offer and the text that it was made for. */
export interface HeldSnippet extends SnippetOffer {
  readonly anchor: Anchor;
}

/** A snippet that can be taken now. */
export interface FittingSnippet {
  /** The typed text before the caret that it replaces. */
  readonly replaced: string;
  readonly text: string;
  /** What is drawn of it: one line. */
  readonly label: string;
}

/** Stands for the clipboard, which is read only when the snippet is taken. */
export const CLIPBOARD = "{clipboard}";

/** The number of characters that are drawn. */
const LONGEST_LABEL = 80;
const LINE_BREAK = /[ \t]*\r?\n[ \t]*/g;

/** The snippet if it fits the text that is in the field now. */
export function snippetAt(held: HeldSnippet | null, live: Live, takesLines: boolean): FittingSnippet | null {
  if (!held || obstacleTo(live)) return null;
  const more = typedThrough(held.anchor, held.trigger.slice(held.typed.length), live);
  if (more === null) return null;
  const replaced = held.trigger.slice(0, held.typed.length + more);
  const text = fitLines(held.text, takesLines);
  return text.length - replaced.length > live.room ? null : { replaced, text, label: labelOf(text) };
}

/** The text with spaces in place of line breaks, if the field takes none. */
export const fitLines = (text: string, takesLines: boolean): string =>
  takesLines ? text.replaceAll("\r\n", "\n") : text.trim().replaceAll(LINE_BREAK, " ");

function labelOf(text: string): string {
  const line = text.trim().replaceAll(LINE_BREAK, " ↵ ").replaceAll("\t", " ");
  const letters = [...line];
  return letters.length <= LONGEST_LABEL ? line : `${letters.slice(0, LONGEST_LABEL).join("").trimEnd()}…`;
}
