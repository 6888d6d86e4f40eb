import type { Sign } from "../../background/toolbar.ts";
import type { Here } from "../../ghost/index.ts";
import { isPaused, type Preferences } from "../../preferences.ts";

/** What the popup was opened over, in a closed set. */
export type Place =
  | { readonly kind: "site"; readonly host: string; readonly here: Here }
  | { readonly kind: "frame"; readonly host: string } // the focus is in a frame of a site that is not allowed
  | { readonly kind: "unallowed"; readonly host: string; readonly pattern: string }
  | { readonly kind: "own"; readonly here: Here | null } // a page of the extension; null where it completes nothing
  | { readonly kind: "closed" }; // the browser's own pages, the store's

/** All that the popup's one sentence depends on. */
export interface Situation {
  readonly sign: Sign | "loading";
  readonly place: Place;
  readonly preferences: Preferences;
  readonly now: number;
}

export interface Sentence {
  readonly tone: "quiet" | "good" | "bad";
  readonly text: string;
}

const OF_SERVER: Readonly<Partial<Record<Situation["sign"], Sentence>>> = {
  unpaired: { tone: "bad", text: "Not connected yet: pair it with your server in the settings below." },
  refused: { tone: "bad", text: "The server no longer knows this browser: pair it again in the settings below." },
  loading: { tone: "quiet", text: "The server is loading its model. It will be there in a moment." },
  lost: { tone: "bad", text: "The server is not there. Start it with: foretype serve" },
};

const OF_FIELD: Readonly<Record<Here, Sentence>> = {
  field: { tone: "good", text: "On: what you write here is completed." },
  private: { tone: "quiet", text: "This field is private, or wants no help: it is not read." },
  code: { tone: "quiet", text: "A code editor. Those are left alone unless you switch them on in the settings." },
  kind: { tone: "quiet", text: "Fields of this kind are left alone: you switched them off in the settings." },
  unwritable: { tone: "bad", text: "This field did not take a word as it should have, so it is left alone." },
  none: { tone: "quiet", text: "On. It waits for you to write." },
};

/** What is going on here, in one sentence: what a person did comes first, then the server, then the field. */
export function sentenceOf({ sign, place, preferences, now }: Situation): Sentence {
  if (isPaused(preferences, now)) return { tone: "quiet", text: "Paused everywhere." };
  if ("host" in place && preferences.sitesOff.includes(place.host)) return { tone: "quiet", text: "Off on this site." };
  return OF_SERVER[sign] ?? ofPlace(place);
}

function ofPlace(place: Place): Sentence {
  switch (place.kind) {
    case "site":
      return OF_FIELD[place.here];
    case "own":
      return place.here ? OF_FIELD[place.here] : { tone: "quiet", text: "On. This page is Foretype's own." };
    case "unallowed":
      return { tone: "quiet", text: "Not allowed on this site yet." };
    case "frame":
      return { tone: "quiet", text: "What you write in here belongs to another site, where it is not allowed yet." };
    case "closed":
      return { tone: "quiet", text: "The browser lets no extension write on this page." };
  }
}
