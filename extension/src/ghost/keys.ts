/** The action of a key while ghost text is drawn. */

export interface Press {
  readonly key: string;
  readonly isTrusted: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/**
 * `word` and `all` accept the next word or the whole suggestion; `next` and `previous` show another suggestion. `ask` requests one suggestion
 * where none appears by itself.
 */
export const ACTS = ["word", "all", "dismiss", "next", "previous", "ask"] as const;

export type Act = (typeof ACTS)[number];

/** A key with its modifiers, as in `Alt+ArrowDown`. Empty for no key. */
export type Chord = string;

export type Keys = Readonly<Record<Act, Chord>>;

export const DEFAULT_KEYS: Keys = {
  word: "Tab",
  all: "ArrowRight",
  dismiss: "Escape",
  next: "Alt+ArrowDown",
  previous: "Alt+ArrowUp",
  ask: "Ctrl+ ",
};

/** `keys` with the default key of each action that it lacks; with none, if another action has that key. */
export function completeKeys(keys: Partial<Keys>): Keys {
  const used = Object.values(keys);
  const missing = ACTS.filter((act) => keys[act] === undefined);
  const added = missing.map((act) => [act, used.includes(DEFAULT_KEYS[act]) ? "" : DEFAULT_KEYS[act]] as const);
  return { ...DEFAULT_KEYS, ...keys, ...Object.fromEntries(added) };
}

/** An input method reports the keys that it uses itself with this code, also before a composition starts. */
const TAKEN_BY_INPUT_METHOD = 229;

const MODIFIERS = ["Control", "Alt", "Shift", "Meta", "AltGraph", "Dead", "Unidentified"];

/** The chord of a key press. Null for a modifier alone. */
export function chordOf(press: Press): Chord | null {
  if (MODIFIERS.includes(press.key)) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const modifiers = [
    press.ctrlKey ? "Ctrl" : "",
    press.altKey ? "Alt" : "",
    press.shiftKey ? "Shift" : "",
    press.metaKey ? "Meta" : "",
  ];
  return [...modifiers.filter((modifier) => modifier !== ""), key].join("+");
}

/** Whether the user may choose this chord. Keys that type text, and Shift+Tab, which leaves a field, are reserved. */
export function isFree(chord: Chord): boolean {
  const types = /^(Shift\+)?.$/u.test(chord) || /^(Shift\+)?(Enter|Backspace|Delete| )$/.test(chord);
  return !types && chord !== "Shift+Tab";
}

/** Whether this press requests a suggestion. */
export const isAsking = (press: Press, keys: Keys): boolean => mayAct(press) && chordOf(press) === keys.ask;

/** The user has pressed the key, and no input method uses it. */
const mayAct = (press: Press): boolean =>
  press.isTrusted && !press.isComposing && press.keyCode !== TAKEN_BY_INPUT_METHOD;

/** The action of a key press while ghost text is drawn, or null if the key belongs to the page. `atLineEnd`: no text follows the caret in its line. */
export function actOf(
  press: Press,
  ghost: { readonly atLineEnd: boolean; readonly rightToLeft: boolean },
  keys: Keys = DEFAULT_KEYS,
): Exclude<Act, "ask"> | null {
  if (!mayAct(press)) return null;
  const chord = chordOf(press);
  const act = chord === null ? undefined : ACTS.find((one) => mirrored(keys[one], ghost.rightToLeft) === chord);
  if (!act || act === "ask") return null;
  // If text follows the caret, the right arrow moves the caret over it.
  return keys[act] === "ArrowRight" && !ghost.atLineEnd ? null : act;
}

/** In right-to-left text, the left arrow is the key to the next character. */
function mirrored(chord: Chord, rightToLeft: boolean): Chord {
  return chord === "ArrowRight" && rightToLeft ? "ArrowLeft" : chord;
}
