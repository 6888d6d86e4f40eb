import { chordLabel } from "../../chord-label.ts";
import type { FieldKind } from "../../ghost/index.ts";
import { ACTS, type Act, chordOf, DEFAULT_KEYS, isFree } from "../../ghost/keys.ts";
import { message } from "../../i18n.ts";
import { isFieldOn, type Preferences, withDifference, withField, withSite } from "../../preferences.ts";
import { changePreferences, onStorageChange, readPreferences } from "../../storage.ts";
import { valueNames } from "../../ui/amount-names.ts";
import { AmountRows } from "../../ui/amount-rows.ts";
import { findElement } from "../../ui/find-element.ts";
import { ACT_NAMES } from "../../ui/setting-changes.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page about preferences: keys, how much is suggested, fields, sites that are off. Each change is stored at once. */

/** In a form, this key leads to the next field. */
const TAB = "Tab";

let preferences = await readPreferences();

const keyList = findElement("#key-list", HTMLDivElement);
const keyOutcome = findElement("#key-outcome", HTMLParagraphElement);
const fieldKinds = findElement("#field-kinds", HTMLDivElement);
const subjectToo = findElement("#subject-too", HTMLInputElement);
const corrections = findElement("#corrections", HTMLInputElement);
const answeredToo = findElement("#answered-too", HTMLInputElement);
const labelToo = findElement("#label-too", HTMLInputElement);
const learnWords = findElement("#learn-words", HTMLInputElement);
const spoken = findElement("#spoken", HTMLInputElement);
const sites = findElement("#sites", HTMLUListElement);

const amount = new AmountRows(findElement("#amount", HTMLDivElement), false, (chosen) =>
  prefer((now) => ({ ...now, ...chosen })),
);

async function prefer(change: (now: Preferences) => Preferences): Promise<void> {
  preferences = await changePreferences(change);
  show();
}

/** The popup, or this page in another tab, may have changed the preferences. */
async function follow(): Promise<void> {
  const now = await readPreferences();
  if (JSON.stringify(now) === JSON.stringify(preferences)) return;
  preferences = now;
  show();
}

/** Takes the next key that is pressed, and only that one: the key after it has its usual effect. */
function listenFor(act: Act, button: HTMLButtonElement): void {
  const stop = new AbortController();
  const end = () => {
    stop.abort();
    button.textContent = chordLabel(preferences.keys[act]);
  };
  button.textContent = message("press_a_key");
  button.addEventListener("blur", end, { signal: stop.signal });
  button.addEventListener(
    "keydown",
    (event) => {
      const chord = chordOf(event);
      if (chord === null) return;
      event.preventDefault();
      end();
      void choose(act, chord);
    },
    { signal: stop.signal },
  );
}

async function choose(act: Act, chord: string): Promise<void> {
  const other = ACTS.find((one) => one !== act && chord !== "" && preferences.keys[one] === chord);
  if (other) return say(message("key_used", chordLabel(chord), ACT_NAMES[other]));
  if (chord !== "" && !isFree(chord)) return say(message("key_needed", chordLabel(chord)));
  await prefer((now) => ({ ...now, keys: { ...now.keys, [act]: chord } }));
  say(message("key_chosen", ACT_NAMES[act], chordLabel(chord)));
  keyList.querySelector<HTMLButtonElement>(`[data-act="${act}"]`)?.focus();
}

function say(text: string): void {
  keyOutcome.textContent = text;
}

function showKeys(): void {
  const rows = ACTS.map((act) => {
    const row = document.createElement("div");
    const name = document.createElement("span");
    name.textContent = ACT_NAMES[act];
    const chord = preferences.keys[act];
    const change = rowButton(chordLabel(chord), message("key_change", ACT_NAMES[act], chordLabel(chord)), (button) =>
      listenFor(act, button),
    );
    change.dataset.act = act;
    const isDefault = chord === DEFAULT_KEYS[act];
    const reset = rowButton(
      message(isDefault ? "key_turn_off" : "reset"),
      message(isDefault ? "key_turn_off_act" : "key_reset_act", ACT_NAMES[act]),
      () => choose(act, isDefault ? "" : DEFAULT_KEYS[act]),
    );
    row.append(name, change, reset);
    return row;
  });
  keyList.replaceChildren(...rows);
}

/** The sentences that name a key. */
function showKeysInSentences(): void {
  const { word, all } = preferences.keys;
  const inserting = word || all;
  findElement("#snippet-key", HTMLElement).textContent = inserting ? chordLabel(inserting) : ACT_NAMES.word;
  findElement("#amount-line", HTMLParagraphElement).textContent = [word, all].includes(TAB)
    ? message("amount_line_hint_key", chordLabel(TAB))
    : message("amount_line_hint");
}

function showSites(): void {
  const rows = preferences.sitesOff.map((host) => {
    const row = document.createElement("li");
    row.append(
      host,
      rowButton(message("turn_on"), message("turn_on_site", host), () => prefer((now) => withSite(now, host, true))),
    );
    return row;
  });
  sites.replaceChildren(...rows);
  findElement("#off", HTMLDivElement).hidden = rows.length === 0;
}

function showDifferingSites(): void {
  const rows = Object.entries(preferences.amounts).map(([host, difference]) => {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const values = document.createElement("span");
    name.textContent = host;
    values.className = "hint";
    values.textContent = valueNames(difference);
    const reset = () => prefer((now) => withDifference(now, host, {}));
    row.append(name, values, rowButton(message("reset"), message("reset_site", host), reset));
    return row;
  });
  findElement("#differing-sites", HTMLUListElement).replaceChildren(...rows);
  findElement("#differing", HTMLDivElement).hidden = rows.length === 0;
}

function show(): void {
  showKeys();
  showKeysInSentences();
  showSites();
  showDifferingSites();
  amount.show(preferences);
  for (const box of fieldKinds.querySelectorAll("input")) box.checked = isFieldOn(preferences, box.value as FieldKind);
  spoken.checked = preferences.spoken;
  subjectToo.checked = preferences.subjectToo;
  corrections.checked = preferences.corrections;
  answeredToo.checked = preferences.answeredToo;
  labelToo.checked = preferences.labelToo;
  learnWords.checked = preferences.learnWords;
}

corrections.addEventListener("change", () => prefer((now) => ({ ...now, corrections: corrections.checked })));
subjectToo.addEventListener("change", () => prefer((now) => ({ ...now, subjectToo: subjectToo.checked })));
answeredToo.addEventListener("change", () => prefer((now) => ({ ...now, answeredToo: answeredToo.checked })));
labelToo.addEventListener("change", () => prefer((now) => ({ ...now, labelToo: labelToo.checked })));
learnWords.addEventListener("change", () => prefer((now) => ({ ...now, learnWords: learnWords.checked })));
spoken.addEventListener("change", () => prefer((now) => ({ ...now, spoken: spoken.checked })));
fieldKinds.addEventListener("change", ({ target }) => {
  const { value, checked } = target as HTMLInputElement;
  return prefer((now) => withField(now, value as FieldKind, checked));
});
onStorageChange({ preferences: () => void follow() });
show();
