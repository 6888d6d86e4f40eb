import type { Chord } from "./ghost/keys.ts";
import { message } from "./i18n.ts";

const LABELS: Readonly<Record<string, string>> = {
  " ": message("key_space"),
  Ctrl: message("key_ctrl"),
  Shift: message("key_shift"),
  Escape: message("key_escape"),
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowDown: "↓",
  ArrowUp: "↑",
};

/** A chord as it is printed on keyboards of the language. */
export const chordLabel = (chord: Chord): string =>
  chord === ""
    ? message("key_off")
    : chord
        .split(/\+(?=.)/u)
        .map((part) => LABELS[part] ?? part)
        .join(" + ");
