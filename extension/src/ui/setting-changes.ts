import { chordLabel } from "../chord-label.ts";
import type { FieldKind } from "../ghost/index.ts";
import { ACTS, type Act } from "../ghost/keys.ts";
import { message } from "../i18n.ts";
import type { Preferences } from "../preferences.ts";
import { isSame, SETTING_NAMES, type SettingName, type Settings } from "../settings.ts";
import type { Snippet } from "../snippets.ts";
import { AMOUNT_NAMES, type AmountName, valueName } from "./amount-names.ts";
import { amount } from "./format.ts";

/** The difference between two versions of the settings, in words. */

export const ACT_NAMES: Readonly<Record<Act, string>> = {
  word: message("act_word"),
  all: message("act_all"),
  dismiss: message("act_dismiss"),
  next: message("act_next"),
  previous: message("act_previous"),
  ask: message("act_ask"),
};

const FIELD_NAMES: Readonly<Record<FieldKind, string>> = {
  text: message("field_text"),
  email: message("field_email"),
  line: message("field_line"),
  search: message("field_search"),
  code: message("field_code"),
};

type Describe<Value> = (before: Value, after: Value) => string[];

const onOff = (on: boolean) => message(on ? "change_on" : "change_off");
const fromTo = (name: string, before: string, after: string) => message("change_from_to", name, before, after);
const switched =
  (name: string): Describe<boolean> =>
  (before, after) => [fromTo(name, onOff(before), onOff(after))];
const without = <Item>(items: readonly Item[], others: readonly Item[]) => items.filter((one) => !others.includes(one));
/** A list of what is on, or of what is off. */
const listed =
  <Item>(name: (item: Item) => string, isOn: boolean): Describe<readonly Item[]> =>
  (before, after) => [
    ...without(after, before).map((item) => fromTo(name(item), onOff(!isOn), onOff(isOn))),
    ...without(before, after).map((item) => fromTo(name(item), onOff(isOn), onOff(!isOn))),
  ];

const amountChanged =
  <Name extends AmountName>(name: Name): Describe<Settings[Name]> =>
  (before, after) => [fromTo(AMOUNT_NAMES[name], valueName(name, before), valueName(name, after))];

function siteAmountsChanged(before: Preferences["amounts"], after: Preferences["amounts"]): string[] {
  const hosts = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const differing = <Name extends AmountName>(host: string, name: Name) => {
    const [old, now] = [before[host]?.[name], after[host]?.[name]];
    return old === now
      ? []
      : [
          fromTo(
            message("amount_at_site", host, AMOUNT_NAMES[name]),
            valueName(name, old as never),
            valueName(name, now as never),
          ),
        ];
  };
  return hosts.flatMap((host) => (Object.keys(AMOUNT_NAMES) as AmountName[]).flatMap((name) => differing(host, name)));
}

const triggersOf = (snippets: readonly Snippet[]) => snippets.map(({ trigger }) => trigger);

function describeSnippets(before: readonly Snippet[], after: readonly Snippet[]): string[] {
  const changed = after.filter(({ trigger, text }) =>
    before.some((one) => one.trigger === trigger && one.text !== text),
  );
  return [
    ...without(triggersOf(after), triggersOf(before)).map((trigger) => message("change_snippet_added", trigger)),
    ...triggersOf(changed).map((trigger) => message("change_snippet_changed", trigger)),
    ...without(triggersOf(before), triggersOf(after)).map((trigger) => message("change_snippet_deleted", trigger)),
  ];
}

const DESCRIBE: { readonly [Name in SettingName]: Describe<Settings[Name]> } = {
  sitesOff: listed((host) => host, false),
  besidePage: listed((host) => message("change_beside", host), true),
  fieldsOff: listed((kind) => FIELD_NAMES[kind], false),
  codeToo: switched(FIELD_NAMES.code),
  subjectToo: switched(message("fields_subject")),
  corrections: switched(message("amount_corrections")),
  answeredToo: switched(message("fields_answered")),
  labelToo: switched(message("fields_label")),
  learnWords: switched(message("words_learn")),
  keys: (before, after) =>
    ACTS.filter((act) => before[act] !== after[act]).map((act) =>
      fromTo(ACT_NAMES[act], chordLabel(before[act]), chordLabel(after[act])),
    ),
  moment: amountChanged("moment"),
  length: amountChanged("length"),
  sureness: amountChanged("sureness"),
  amounts: siteAmountsChanged,
  spoken: switched(message("change_spoken")),
  countSites: switched(message("change_count_sites")),
  snippets: describeSnippets,
  wordsPerMinute: (before, after) => [fromTo(message("change_typing_speed"), amount(before), amount(after))],
};

/** One line for each thing that differs. */
export function changesBetween(before: Settings, after: Settings): string[] {
  const describe = <Name extends SettingName>(name: Name) =>
    isSame(before[name], after[name]) ? [] : DESCRIBE[name](before[name], after[name]);
  return SETTING_NAMES.flatMap(describe);
}
