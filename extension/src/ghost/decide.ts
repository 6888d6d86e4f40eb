import { startsAlong } from "./text/direction.ts";
import { type Surroundings, typedThrough, withoutOverlap } from "./text/fit.ts";
import { startsInsideWord } from "./text/words.ts";

/** A request: its sequence number and the text it was about. */
export interface Anchor extends Surroundings {
  readonly seq: number;
}

export interface Suggestion {
  readonly anchor: Anchor;
  readonly text: string;
  /** The model's probability, from 0 to 1, that the user types all of `text` next. */
  readonly confidence: number;
  /** The number of characters before the caret in whose place `text` stands. Missing if `text` continues them. */
  readonly replaces?: number;
  /** The number of the suggestion, if the user steps through several. */
  readonly choice?: Choice;
}

export interface Choice {
  /** Counted from 1. */
  readonly number: number;
  readonly of: number;
}

/** The field as it is now. `room` is the number of further characters that it accepts. */
export interface Live extends Surroundings {
  /** The number of characters to which the text on each side of the caret was cut. */
  readonly limit: number;
  readonly selected: boolean;
  readonly composing: boolean;
  /** The last text was inserted without a key, as by dictation. */
  readonly dictated: boolean;
  /** The field has one line, so Tab also leads to the next field. */
  readonly oneLine: boolean;
  /** The user requested the suggestion by a key. */
  readonly byKey?: boolean;
  readonly room: number;
}

/** The reasons for drawing nothing. The set is closed: a new reason is a new line here. */
export type Reason =
  | "no_answer" // no answer for this text has arrived yet
  | "empty" // the server has no suggestion
  | "used_up" // the user has typed the whole suggestion
  | "other_text" // the suggestion is about another text
  | "composing" // an input method composes
  | "dictated" // text is inserted without keys, so the user has no key to accept a suggestion
  | "selected" // there is a selection instead of a caret
  | "inside_word" // the rest of a word follows the caret
  | "one_letter" // a single letter is typed as fast as the key that would accept it
  | "doubtful" // the text may be a complete value, and Tab may be meant for the next field
  | "no_room"; // the suggestion would cover text, or is too long for the field

/** In the line at the caret; or as a label under the line, if other text follows the caret in it. */
export type Position = "inline" | "below";

export type Shown =
  | {
      readonly kind: "ghost";
      readonly text: string;
      readonly position: Position;
      readonly seq: number;
      readonly choice: Choice | null;
    }
  /** A word in place of the typed text `replaced`, which ends at the caret. */
  | { readonly kind: "correction"; readonly text: string; readonly replaced: string; readonly seq: number }
  | { readonly kind: "nothing"; readonly reason: Reason };

/** The lowest confidence that is shown after a short value: `python -m latency.forms` measures how often Tab then completes too much. */
export const SURE = 0.65;
/** The characters of a word that may be corrected, and those that must not come right before it. An apostrophe may be an opening quote. */
const WORD = /^[\p{L}\p{M}'’]+$/u;
const INSIDE_WORD = /[\p{L}\p{M}\p{N}_]/u;

/** In characters. */
const LONGEST_VALUE = 32;

const nothing = (reason: Reason): Shown => ({ kind: "nothing", reason });

/** Decides what is drawn, from the suggestion and the text that is in the field now. */
export function decide(suggestion: Suggestion | null, live: Live): Shown {
  const obstacle = obstacleTo(live);
  if (obstacle) return nothing(obstacle);
  if (!suggestion) return nothing("no_answer");
  if (suggestion.replaces && suggestion.text.trim() !== "")
    return decideCorrection(suggestion, suggestion.replaces, live);
  const typed = typedThrough(suggestion.anchor, suggestion.text, live);
  if (typed === null) return nothing("other_text");
  const text = withoutOverlap(oneLine(suggestion.text.slice(typed)), live.after);
  if (text.trim() === "") return nothing(typed > 0 ? "used_up" : "empty");
  if ([...text].length === 1) return nothing("one_letter");
  if (!suggestion.choice && !live.byKey && isShortValue(live) && suggestion.confidence < SURE)
    return nothing("doubtful");
  if (text.length > live.room) return nothing("no_room");
  return {
    kind: "ghost",
    text,
    position: somethingFollows(live.after) ? "below" : "inline",
    seq: suggestion.anchor.seq,
    choice: typed === 0 ? countOf(suggestion) : null,
  };
}

/**
 * A correction is about exactly one text: it goes with the next key. `replaces`: in Unicode characters. Whatever a server says, only one whole
 * word is replaced, by what the user can read.
 */
function decideCorrection({ anchor, text }: Suggestion, replaces: number, live: Live): Shown {
  if (typedThrough(anchor, "", live) === null) return nothing("other_text");
  const letters = [...live.before];
  const replaced = letters.splice(-replaces).join("");
  const isWord = [...replaced].length === replaces && WORD.test(replaced) && !INSIDE_WORD.test(letters.at(-1) ?? "");
  if (!isWord || text !== oneLine(text)) return nothing("other_text");
  if (!mayCorrect(live)) return nothing("doubtful");
  if (text.length - replaced.length > live.room) return nothing("no_room");
  return { kind: "correction", text, replaced, seq: anchor.seq };
}

/** Which one of several suggestions it is. A single one is not counted. */
const countOf = ({ choice }: Suggestion): Choice | null => (choice && choice.of > 1 ? choice : null);

/**
 * The position in a line of this direction. If the suggestion has the opposite direction, typing it would move the text before it, and the
 * ghost text too. Such a suggestion goes below the line if that covers no text; otherwise it is not drawn. So does a suggestion `besidePage`:
 * where the page draws a suggestion of its own.
 */
export function positionIn(
  shown: { readonly text: string; readonly position: Position },
  live: Live,
  rightToLeft: boolean,
  besidePage = false,
): Position | null {
  if (!besidePage && startsAlong(shown.text, rightToLeft) !== false) return shown.position;
  return nothingUnderneath(live.after) ? "below" : null;
}

/** The reason that rules out every suggestion at this caret, so that no request is needed. */
export function obstacleTo(live: Live): Reason | null {
  if (live.composing) return "composing";
  if (live.dictated) return "dictated";
  if (live.selected) return "selected";
  if (startsInsideWord(live.after)) return "inside_word";
  if (somethingFollows(live.after) && !nothingUnderneath(live.after)) return "no_room";
  return null;
}

/** Whether the field may hold a complete value now, such as a name, a country or a title. A longer line is prose. */
const isShortValue = ({ oneLine, before }: Pick<Live, "oneLine" | "before">): boolean =>
  oneLine && before.length <= LONGEST_VALUE;

/** Whether a correction may be drawn. After a short value, Tab leads to the next field: it must not change a name. */
export const mayCorrect = (live: Pick<Live, "oneLine" | "before" | "byKey">): boolean =>
  live.byKey === true || !isShortValue(live);

/** Whether other text follows the caret in its line. */
export function somethingFollows(after: string): boolean {
  return lines(after)[0]?.trim() !== "";
}

/** Whether the next line is empty, so that a label there covers no text. */
function nothingUnderneath(after: string): boolean {
  return (lines(after)[1] ?? "").trim() === "";
}

const lines = (text: string): string[] => text.split("\n", 2);

/** Ghost text ends with the line, and before any invisible character. */
function oneLine(text: string): string {
  const end = text.search(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  return end < 0 ? text : text.slice(0, end);
}
