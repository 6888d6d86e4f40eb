import type { FieldKind } from "../../ghost/index.ts";
import { ACTS, type Act, chordOf, DEFAULT_KEYS, isFree } from "../../ghost/keys.ts";
import { readable } from "../../look/chord.ts";
import { find } from "../../look/find.ts";
import { isFieldOn, type Preferences, type Sureness, withField, withSite } from "../../preferences.ts";
import { changePreferences, onSettings, readPreferences } from "../../settings.ts";
import { rowButton } from "./row-button.ts";

/** The part of the options page that says how a person wants it: keys, sureness, fields, sites that are off. Everything is kept as soon as it is chosen. */

const NAMES: Readonly<Record<Act, string>> = {
  word: "Accept next word",
  all: "Accept all",
  dismiss: "Dismiss",
  next: "Next suggestion",
  previous: "Previous suggestion",
};

let preferences = await readPreferences();

const keyList = find("#key-list", HTMLDivElement);
const keyOutcome = find("#key-outcome", HTMLParagraphElement);
const fieldKinds = find("#field-kinds", HTMLDivElement);
const spoken = find("#spoken", HTMLInputElement);
const sites = find("#sites", HTMLUListElement);

async function prefer(change: (now: Preferences) => Preferences): Promise<void> {
  preferences = await changePreferences(change);
  show();
}

/** The popup, or this page in another tab, has changed something. */
async function follow(): Promise<void> {
  const now = await readPreferences();
  if (JSON.stringify(now) === JSON.stringify(preferences)) return;
  preferences = now;
  show();
}

/** The next key that is pressed is the one. It is only one: the key after it leaves the field as ever. */
function listenFor(act: Act, asked: HTMLButtonElement): void {
  const stop = new AbortController();
  const end = () => {
    stop.abort();
    asked.textContent = readable(preferences.keys[act]);
  };
  asked.textContent = "Press a key …";
  asked.addEventListener("blur", end, { signal: stop.signal });
  asked.addEventListener(
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
  if (other) return say(`${readable(chord)} is already used for “${NAMES[other]}”.`);
  if (chord !== "" && !isFree(chord)) return say(`${readable(chord)} is needed for typing or for leaving a field.`);
  await prefer((now) => ({ ...now, keys: { ...now.keys, [act]: chord } }));
  say(`${NAMES[act]}: ${readable(chord)}.`);
  keyList.querySelector<HTMLButtonElement>(`[data-act="${act}"]`)?.focus();
}

function say(text: string): void {
  keyOutcome.textContent = text;
}

function showKeys(): void {
  const rows = ACTS.map((act) => {
    const row = document.createElement("div");
    const name = document.createElement("span");
    name.textContent = NAMES[act];
    const chord = preferences.keys[act];
    const change = rowButton(readable(chord), `${NAMES[act]}: ${readable(chord)}. Change`, (asked) =>
      listenFor(act, asked),
    );
    change.dataset.act = act;
    const isUsual = chord === DEFAULT_KEYS[act];
    const back = rowButton(isUsual ? "Turn off" : "Reset", `${NAMES[act]}: ${isUsual ? "turn off" : "reset"}`, () =>
      choose(act, isUsual ? "" : DEFAULT_KEYS[act]),
    );
    row.append(name, change, back);
    return row;
  });
  keyList.replaceChildren(...rows);
}

function showSites(): void {
  const rows = preferences.sitesOff.map((host) => {
    const row = document.createElement("li");
    row.append(
      host,
      rowButton("Turn on", `Turn on for ${host}`, () => prefer((now) => withSite(now, host, true))),
    );
    return row;
  });
  sites.replaceChildren(...rows);
  find("#off", HTMLDivElement).hidden = rows.length === 0;
}

function show(): void {
  showKeys();
  showSites();
  for (const box of fieldKinds.querySelectorAll("input")) box.checked = isFieldOn(preferences, box.value as FieldKind);
  spoken.checked = preferences.spoken;
  find(`#sureness [value="${preferences.sureness}"]`, HTMLInputElement).checked = true;
}

spoken.addEventListener("change", () => prefer((now) => ({ ...now, spoken: spoken.checked })));
fieldKinds.addEventListener("change", ({ target }) => {
  const { value, checked } = target as HTMLInputElement;
  return prefer((now) => withField(now, value as FieldKind, checked));
});
find("#sureness", HTMLDivElement).addEventListener("change", (event) =>
  prefer((now) => ({ ...now, sureness: (event.target as HTMLInputElement).value as Sureness })),
);
onSettings({ preferences: () => void follow() });
show();
