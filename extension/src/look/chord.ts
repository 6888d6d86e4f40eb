import type { Chord } from "../ghost/keys.ts";

const WORDS: Readonly<Record<string, string>> = {
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
};

/** A key as it is printed on keyboards. */
export const readable = (chord: Chord): string =>
  chord === ""
    ? "Off"
    : chord
        .split(/\+(?=.)/u)
        .map((part) => WORDS[part] ?? part)
        .join(" + ");
