import type { Chord } from "../ghost/keys.ts";

const LABELS: Readonly<Record<string, string>> = {
  " ": "Space",
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
};

/** A chord as it is printed on keyboards. */
export const chordLabel = (chord: Chord): string =>
  chord === ""
    ? "Off"
    : chord
        .split(/\+(?=.)/u)
        .map((part) => LABELS[part] ?? part)
        .join(" + ");
