import { type Amount, LENGTHS, MOMENTS, SURENESSES } from "../preferences.ts";

/** How much is suggested, in the words of the popup and of the options. */

export type AmountName = keyof Amount;

export const AMOUNT_NAMES: Readonly<Record<AmountName, string>> = {
  moment: "Suggestions appear",
  length: "Longest suggestion",
  sureness: "How sure",
};

const NAMES: { readonly [Name in AmountName]: Readonly<Record<Amount[Name], string>> } = {
  moment: { typing: "While you type", key: "Only when you press a key" },
  length: {
    1: "One word",
    2: "Up to 2 words",
    3: "Up to 3 words",
    5: "Up to 5 words",
    phrase: "To the end of the phrase",
  },
  sureness: { eager: "Show more", balanced: "Balanced", calm: "Only when sure" },
};

export const AMOUNT_VALUES: { readonly [Name in AmountName]: readonly Amount[Name][] } = {
  moment: MOMENTS,
  length: LENGTHS,
  sureness: SURENESSES,
};

export const LIKE_OTHER_SITES = "As on all sites";

/** The name of a value. Undefined: a site does not differ from the other sites. */
export const valueName = <Name extends AmountName>(name: Name, value: Amount[Name] | undefined): string =>
  value === undefined ? LIKE_OTHER_SITES : NAMES[name][value];

/** The names of all values in a difference. */
export function valueNames({ moment, length, sureness }: Partial<Amount>): string[] {
  return [
    ...(moment === undefined ? [] : [valueName("moment", moment)]),
    ...(length === undefined ? [] : [valueName("length", length)]),
    ...(sureness === undefined ? [] : [valueName("sureness", sureness)]),
  ];
}
