import { message } from "../i18n.ts";
import { type Amount, LENGTHS, MOMENTS, SURENESSES } from "../preferences.ts";

/** How much is suggested, in the words of the popup and of the options. */

export type AmountName = keyof Amount;

export const AMOUNT_NAMES: Readonly<Record<AmountName, string>> = {
  moment: message("amount_moment"),
  length: message("amount_length"),
  sureness: message("amount_sureness"),
};

const NAMES: { readonly [Name in AmountName]: Readonly<Record<Amount[Name], string>> } = {
  moment: { typing: message("moment_typing"), key: message("moment_key") },
  length: {
    1: message("length_1"),
    2: message("length_2"),
    3: message("length_3"),
    5: message("length_5"),
    phrase: message("length_phrase"),
  },
  sureness: {
    eager: message("sureness_eager"),
    balanced: message("sureness_balanced"),
    calm: message("sureness_calm"),
  },
};

export const AMOUNT_VALUES: { readonly [Name in AmountName]: readonly Amount[Name][] } = {
  moment: MOMENTS,
  length: LENGTHS,
  sureness: SURENESSES,
};

export const LIKE_OTHER_SITES = message("like_other_sites");

/** The name of a value. Undefined: a site does not differ from the other sites. */
export const valueName = <Name extends AmountName>(name: Name, value: Amount[Name] | undefined): string =>
  value === undefined ? LIKE_OTHER_SITES : NAMES[name][value];

/** The names of all values in a difference, which are no parts of a sentence. */
export function valueNames({ moment, length, sureness }: Partial<Amount>): string {
  const names = [
    ...(moment === undefined ? [] : [valueName("moment", moment)]),
    ...(length === undefined ? [] : [valueName("length", length)]),
    ...(sureness === undefined ? [] : [valueName("sureness", sureness)]),
  ];
  return names.join(" · ");
}
