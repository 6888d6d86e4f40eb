/** What a key does while ghost text is on the screen. */

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

export const ACTS = ["word", "all", "dismiss", "next", "previous"] as const;

export type Act = (typeof ACTS)[number];

/** A key with its modifiers, as in `Alt+ArrowDown`. Empty: none. */
export type Chord = string;

export type Keys = Readonly<Record<Act, Chord>>;

export const DEFAULT_KEYS: Keys = {
  word: "Tab",
  all: "ArrowRight",
  dismiss: "Escape",
  next: "Alt+ArrowDown",
  previous: "Alt+ArrowUp",
};

/** An input method reports the keys it takes for itself under this code, before composition starts. */
const TAKEN_BY_INPUT_METHOD = 229;

const MODIFIERS = ["Control", "Alt", "Shift", "Meta", "AltGraph", "Dead", "Unidentified"];

/** What `press` is called; null for a modifier alone. */
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

/** Whether a chord may be chosen: not what one types with, and not the way back out of a field. */
export function isFree(chord: Chord): boolean {
  const types = /^(Shift\+)?.$/u.test(chord) || /^(Shift\+)?(Enter|Backspace|Delete| )$/.test(chord);
  return !types && chord !== "Shift+Tab";
}

/** What `press` asks for, or null where it is none of ours. `atLineEnd`: nothing follows the caret in its line. */
export function actOf(
  press: Press,
  ghost: { readonly atLineEnd: boolean; readonly rightToLeft: boolean },
  keys: Keys = DEFAULT_KEYS,
): Act | null {
  if (!press.isTrusted || press.isComposing || press.keyCode === TAKEN_BY_INPUT_METHOD) return null;
  const chord = chordOf(press);
  const act = chord === null ? undefined : ACTS.find((one) => onward(keys[one], ghost.rightToLeft) === chord);
  if (!act) return null;
  // The key that moves the caret on moves it, where there is something to move it over.
  return keys[act] === "ArrowRight" && !ghost.atLineEnd ? null : act;
}

/** The key to the next character is another one where text runs to the left. */
function onward(chord: Chord, rightToLeft: boolean): Chord {
  return chord === "ArrowRight" && rightToLeft ? "ArrowLeft" : chord;
}
