/** The direction in which text is written. */

/** Scripts that are written from right to left. */
const SCRIPTS = ["Hebrew", "Arabic", "Syriac", "Thaana", "Nko"].map((name) => `\\p{Script=${name}}`).join("");

const RIGHT_TO_LEFT = new RegExp(`[${SCRIPTS}]`, "u");
/** Digits are written from left to right, also among right-to-left letters. */
const LEFT_TO_RIGHT = new RegExp(`(?![${SCRIPTS}])[\\p{L}\\p{N}]`, "u");

/** Whether the first letter of `text` has the direction of its line. Null if `text` has no letter. */
export function startsAlong(text: string, rightToLeft: boolean): boolean | null {
  const letter = /\p{L}/u.exec(text)?.[0];
  return letter === undefined ? null : RIGHT_TO_LEFT.test(letter) === rightToLeft;
}

/** Whether no character of `text` has the opposite direction of its line. */
export function runsOneWay(text: string, rightToLeft: boolean): boolean {
  return !(rightToLeft ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text);
}
