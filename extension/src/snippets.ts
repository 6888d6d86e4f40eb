import { CLIPBOARD } from "./ghost/snippet.ts";

/** The user's snippets: abbreviations and the phrases that replace them, and which one fits what is typed. Pure. */

export interface Snippet {
  /** The abbreviation that the user types. */
  readonly trigger: string;
  /** The phrase. It may have several lines, and variables such as `{date}`. */
  readonly text: string;
}

export const LONGEST_TRIGGER = 32;
export const LONGEST_TEXT = 4000;
export const MOST_SNIPPETS = 500;

/** The names that may stand between braces. The clipboard is read only when the user takes the snippet. */
export const VARIABLES = ["date", "time", "clipboard"] as const;

const VARIABLE = /\{(\p{L}+)\}/gu;
/** A shorter beginning of a trigger is typed too often by chance. */
const SHORTEST_BEGINNING = 2;
/** A trigger may follow these, or stand at the beginning of the text. */
const BOUNDARY = /[\s([{"'“”„‘’«‹»›—–]/u;
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a text must not contain
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

/** Why a snippet can't be kept. The set is closed. */
export type SnippetProblem =
  | { readonly kind: "no_trigger" | "no_text" | "spaces" | "long_trigger" | "long_text" | "control" | "too_many" }
  | { readonly kind: "duplicate" | "unknown_variable"; readonly name: string };

/** Checks a snippet that is to be added to `others`. Null if there is no problem. */
export function problemOf({ trigger, text }: Snippet, others: readonly Snippet[]): SnippetProblem | null {
  if (trigger === "") return { kind: "no_trigger" };
  if (/\s/.test(trigger)) return { kind: "spaces" };
  if (trigger.length > LONGEST_TRIGGER) return { kind: "long_trigger" };
  if (text.trim() === "") return { kind: "no_text" };
  if (text.length > LONGEST_TEXT) return { kind: "long_text" };
  if (CONTROL.test(trigger) || CONTROL.test(text)) return { kind: "control" };
  if (others.some((other) => other.trigger === trigger)) return { kind: "duplicate", name: trigger };
  const unknown = variablesIn(text).find((name) => !VARIABLES.some((one) => one === name));
  if (unknown !== undefined) return { kind: "unknown_variable", name: unknown };
  return others.length >= MOST_SNIPPETS ? { kind: "too_many" } : null;
}

const variablesIn = (text: string): string[] => [...text.matchAll(VARIABLE)].map(([, name = ""]) => name);

export const needsClipboard = ({ text }: Snippet): boolean => text.includes(CLIPBOARD);

/** Whether a value from elsewhere is a list of snippets that can be kept. */
export function isSnippets(value: unknown): value is readonly Snippet[] {
  if (!Array.isArray(value) || value.length > MOST_SNIPPETS) return false;
  const known = new Set<string>();
  return value.every((one: unknown) => {
    const { trigger, text, ...rest } = (one ?? {}) as Record<string, unknown>;
    if (typeof trigger !== "string" || typeof text !== "string" || Object.keys(rest).length > 0) return false;
    if (known.has(trigger) || problemOf({ trigger, text }, []) !== null) return false;
    known.add(trigger);
    return true;
  });
}

/** A snippet that fits, and the part of its trigger that is typed. */
export interface Match {
  readonly snippet: Snippet;
  readonly typed: string;
}

/**
 * The snippet whose trigger ends at the caret. If none does, the only one whose trigger has begun there; but a trigger that begins with a
 * letter or a digit has to be complete, because its beginning may be an ordinary word. `before`: the text before the caret.
 */
export function matchAt(snippets: readonly Snippet[], before: string): Match | null {
  const exact = snippets
    .filter(({ trigger }) => isTypedAtBoundary(before, trigger))
    .reduce<Snippet | null>((best, one) => (one.trigger.length > (best?.trigger.length ?? 0) ? one : best), null);
  if (exact) return { snippet: exact, typed: exact.trigger };
  const begun = snippets
    .map((snippet) => ({ snippet, typed: beginningAt(before, snippet.trigger) }))
    .filter(({ typed }) => typed !== "");
  return begun.length === 1 ? (begun[0] as Match) : null;
}

/** The longest beginning of `trigger` that is typed. Empty if there is none. */
function beginningAt(before: string, trigger: string): string {
  if (WORD_CHARACTER.test(trigger.slice(0, 1))) return "";
  for (let length = trigger.length - 1; length >= SHORTEST_BEGINNING; length--) {
    const beginning = trigger.slice(0, length);
    if (isTypedAtBoundary(before, beginning)) return beginning;
  }
  return "";
}

function isTypedAtBoundary(before: string, typed: string): boolean {
  if (!before.endsWith(typed)) return false;
  const previous = before.slice(0, before.length - typed.length).at(-1);
  return previous === undefined || BOUNDARY.test(previous);
}

/** The phrase with the date and the time in it, as the locale writes them. */
export function expand({ text }: Snippet, now: Date, locale?: string): string {
  const values: Readonly<Record<string, () => string>> = {
    date: () => new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(now),
    time: () => new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(now),
  };
  // Some locales put a narrow space in front of "PM", which not every page can draw.
  return text.replace(VARIABLE, (whole, name: string) => values[name]?.().replaceAll("\u202f", " ") ?? whole);
}

const byTrigger = (one: Snippet, other: Snippet) => (one.trigger < other.trigger ? -1 : 1);

/** The sorted list with this snippet in it, in the place of the one with the trigger `instead`, if there is one. */
export function withSnippet(snippets: readonly Snippet[], snippet: Snippet, instead?: string): Snippet[] {
  return [...snippets.filter(({ trigger }) => trigger !== instead && trigger !== snippet.trigger), snippet].sort(
    byTrigger,
  );
}

export const withoutSnippet = (snippets: readonly Snippet[], trigger: string): Snippet[] =>
  snippets.filter((one) => one.trigger !== trigger);

/**
 * What two browsers agree on, snippet by snippet, so that none is lost if both have added some. `base` is what they agreed on last, null if
 * never. A snippet that was changed, added or deleted only here stays as it is here; every other one gets the remote state.
 */
export function mergeSnippets(
  base: readonly Snippet[] | null,
  local: readonly Snippet[],
  remote: readonly Snippet[],
): readonly Snippet[] {
  const textIn = (list: readonly Snippet[] | null, trigger: string) =>
    list?.find((one) => one.trigger === trigger)?.text;
  const triggers = [...new Set([...local, ...remote].map(({ trigger }) => trigger))];
  const merged = triggers.flatMap((trigger) => {
    const [was, here, there] = [textIn(base, trigger), textIn(local, trigger), textIn(remote, trigger)];
    const isChangedHere = base === null ? there === undefined : here !== was;
    const text = isChangedHere ? here : there;
    return text === undefined ? [] : [{ trigger, text }];
  });
  return merged.sort(byTrigger).slice(0, MOST_SNIPPETS);
}
