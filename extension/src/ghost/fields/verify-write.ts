export interface Around {
  readonly before: string;
  readonly after: string;
}

/**
 * What became of `text` after it was inserted at the caret in `was`. "all" and "part" of it count as inserted also if the page has changed
 * quotes, dashes, spaces, case or accents, has added separators, or has cut the text. "none": the field is as it was. "other": the field
 * contains something else. `limit`: the length to which both texts are cut on each side.
 */
export function insertedPart(
  was: Around,
  text: string,
  is: Around,
  limit = Number.POSITIVE_INFINITY,
): "all" | "part" | "none" | "other" {
  if (is.before === was.before && is.after === was.after) return "none";
  const isCut = was.before.length >= limit;
  if (isSameEnd(was.before + text + was.after, is.before + is.after, isCut)) return "all";
  if (!essence(was.after).startsWith(essence(is.after))) return "other";
  for (let length = text.length; length > 0; length--) {
    if (essence(text.slice(0, length)) === "") return "other";
    if (isSameEnd(was.before + text.slice(0, length), is.before, isCut)) return "part";
  }
  return "other";
}

/** For a field that takes the text at once. */
export const WRITTEN = { all: "written", part: "written", none: "refused", other: "unverified" } as const;

/** Whether both texts have the same essence. If they were cut, they may begin at different letters. */
function isSameEnd(expected: string, found: string, isCut: boolean): boolean {
  const [one, other] = [essence(expected), essence(found)];
  if (!isCut) return one === other;
  const length = Math.min(one.length, other.length);
  return length > 0 && one.slice(-length) === other.slice(-length);
}

/** The letters and digits, without case and accents. */
const essence = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");

/**
 * Whether `find` finds the inserted text, or the user pressed a key or the mouse during the search. Such an event may change the text
 * before the editor has drawn it, as Ctrl-Z right after an accepted word does. The write then counts as successful.
 */
export async function foundOrDisturbed(find: () => Promise<boolean>): Promise<boolean> {
  let disturbed = false;
  const listening = new AbortController();
  const disturb = (event: Event) => {
    disturbed ||= event.isTrusted;
  };
  for (const type of ["keydown", "pointerdown"])
    window.addEventListener(type, disturb, { capture: true, signal: listening.signal });
  try {
    return (await find()) || disturbed;
  } finally {
    listening.abort();
  }
}
