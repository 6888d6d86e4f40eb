import { startsAlong } from "./direction.ts";
import { type Surroundings, typedThrough, withoutOverlap } from "./fit.ts";
import { startsInsideWord } from "./words.ts";

/** What was asked for: the number of the keystroke and the text it was about. */
export interface Anchor extends Surroundings {
  readonly seq: number;
}

export interface Suggestion {
  readonly anchor: Anchor;
  readonly text: string;
  /** Which one of several it is, where a person steps through them; counted from 1. */
  readonly choice?: Choice;
}

export interface Choice {
  readonly number: number;
  readonly of: number;
}

/** The field as it is now. `room` is how many characters it still takes. */
export interface Live extends Surroundings {
  readonly selected: boolean;
  readonly composing: boolean;
  /** The text came in by other means than keys. */
  readonly dictated: boolean;
  readonly room: number;
}

/** Why nothing is drawn. The set is closed: a new reason is a new line here. */
export type Reason =
  | "no_answer" // nothing has come back for this text yet
  | "empty" // the server found nothing worth a glance
  | "used_up" // all of it has been typed
  | "other_text" // it was about another text
  | "composing" // an input method is at work
  | "dictated" // somebody speaks, or something else writes: no key is there to take it
  | "selected" // there is no caret but a selection
  | "inside_word" // the rest of a word follows the caret
  | "no_room"; // it can't be drawn without covering text, or would not fit into the field

/** At the caret in the line, or as a label under it where other text follows in the line. */
export type Position = "inline" | "below";

export type Shown =
  | {
      readonly kind: "ghost";
      readonly text: string;
      readonly position: Position;
      readonly seq: number;
      readonly choice: Choice | null;
    }
  | { readonly kind: "nothing"; readonly reason: Reason };

const nothing = (reason: Reason): Shown => ({ kind: "nothing", reason });

/** From what the server said and what stands in the field now: what is on the screen. */
export function decide(suggestion: Suggestion | null, live: Live): Shown {
  const obstacle = whyNotHere(live);
  if (obstacle) return nothing(obstacle);
  if (!suggestion) return nothing("no_answer");
  const typed = typedThrough(suggestion.anchor, suggestion.text, live);
  if (typed === null) return nothing("other_text");
  const text = withoutOverlap(oneLine(suggestion.text.slice(typed)), live.after);
  if (text.trim() === "") return nothing(typed > 0 ? "used_up" : "empty");
  if (text.length > live.room) return nothing("no_room");
  return {
    kind: "ghost",
    text,
    position: somethingFollows(live.after) ? "below" : "inline",
    seq: suggestion.anchor.seq,
    choice: typed === 0 ? (suggestion.choice ?? null) : null,
  };
}

/**
 * Where it is drawn in a line of this direction. Text of the other direction grows away from the caret: what was typed of it would
 * move, and ghost text with it. There it goes below, where it covers nothing.
 */
export function positionIn(
  shown: { readonly text: string; readonly position: Position },
  live: Live,
  rightToLeft: boolean,
): Position | null {
  if (startsAlong(shown.text, rightToLeft) !== false) return shown.position;
  return nothingUnderneath(live.after) ? "below" : null;
}

/** What rules out any suggestion at this caret, so that it need not be asked for either. */
export function whyNotHere(live: Live): Reason | null {
  if (live.composing) return "composing";
  if (live.dictated) return "dictated";
  if (live.selected) return "selected";
  if (startsInsideWord(live.after)) return "inside_word";
  if (somethingFollows(live.after) && !nothingUnderneath(live.after)) return "no_room";
  return null;
}

/** Whether other text stands right of the caret in its line. */
export function somethingFollows(after: string): boolean {
  return lines(after)[0]?.trim() !== "";
}

/** The line below is free: a label there covers nothing that was typed. */
function nothingUnderneath(after: string): boolean {
  return (lines(after)[1] ?? "").trim() === "";
}

const lines = (text: string): string[] => text.split("\n", 2);

/** Ghost text ends with the line, and has nothing in it that can't be seen. */
function oneLine(text: string): string {
  const end = text.search(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  return end < 0 ? text : text.slice(0, end);
}
