import { browser } from "wxt/browser";
import type english from "../public/_locales/en/messages.json";

/**
 * The extension's sentences in the language of the browser (`public/_locales`). The browser chooses the language; for one that Foretype
 * does not have, and for a missing sentence, it takes English.
 */

export type MessageName = keyof typeof english;

/** The messages with a form for each plural of the language, such as `saved_today` of `saved_today_one` and `saved_today_other`. */
type CountedName = { [Name in MessageName]: Name extends `${infer Base}_other` ? Base : never }[MessageName];

/** The message, with these values for `$1`, `$2` and so on. */
export const message = (name: MessageName, ...values: readonly (string | number)[]): string =>
  browser.i18n.getMessage(name as "language", values.map(String));

/** The form of the message that the language uses for `count`. `$1` is the count as the language writes it. */
export function counted(name: CountedName, count: number, ...values: readonly (string | number)[]): string {
  const form = new Intl.PluralRules(message("language")).select(count);
  const written = new Intl.NumberFormat(uiLocale()).format(count);
  return message(`${name}_${form}` as MessageName, written, ...values);
}

/** The locale for numbers and dates: the browser's, such as en-GB, if it is of the language of the messages. */
export function uiLocale(): string {
  const language = message("language");
  const ofBrowser = browser.i18n.getUILanguage();
  const base = (locale: string) => locale.split("-")[0];
  return base(ofBrowser) === base(language) ? ofBrowser : language;
}

/** Names or values one after the other, as the language writes a list. */
export const listed = (items: readonly string[]): string =>
  new Intl.ListFormat(uiLocale(), { type: "conjunction", style: "narrow" }).format(items);
