/** Which way text runs. */

/** Scripts that are written from right to left. */
const SCRIPTS = ["Hebrew", "Arabic", "Syriac", "Thaana", "Nko"].map((name) => `\\p{Script=${name}}`).join("");

const RIGHT_TO_LEFT = new RegExp(`[${SCRIPTS}]`, "u");
/** Digits run to the right also among letters that do not. */
const LEFT_TO_RIGHT = new RegExp(`(?![${SCRIPTS}])[\\p{L}\\p{N}]`, "u");

/** Whether the first letter of `text` runs as a line of this direction does; null where it has none. */
export function startsAlong(text: string, rightToLeft: boolean): boolean | null {
  const letter = /\p{L}/u.exec(text)?.[0];
  return letter === undefined ? null : RIGHT_TO_LEFT.test(letter) === rightToLeft;
}

/** Whether nothing in `text` runs against a line of this direction. */
export function runsOneWay(text: string, rightToLeft: boolean): boolean {
  return !(rightToLeft ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text);
}
