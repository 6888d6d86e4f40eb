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
  unpaired: { tone: "bad", text: "Not connected yet. Connect your server in the options." },
  refused: { tone: "bad", text: "The server no longer accepts this browser. Connect again in the options." },
  loading: { tone: "quiet", text: "The server is loading its model. This takes a moment." },
  lost: { tone: "bad", text: "The server is unreachable. Start it with: foretype serve" },
};

const OF_FIELD: Readonly<Record<Here, Sentence>> = {
  field: { tone: "good", text: "On. Suggestions appear while you write." },
  private: {
    tone: "quiet",
    text: "Foretype does not read this field: it is private, or the page wants no writing tools.",
  },
  code: { tone: "quiet", text: "Foretype is off in code editors. You can turn it on in the options." },
  kind: { tone: "quiet", text: "You turned off suggestions for fields of this kind in the options." },
  unwritable: { tone: "bad", text: "Foretype is off in this field, because a word was not inserted correctly." },
  none: { tone: "quiet", text: "On. Start writing in a field." },
};

/** What is going on here, in one sentence: what a person did comes first, then the server, then the field. */
export function sentenceOf({ sign, place, preferences, now }: Situation): Sentence {
  if (isPaused(preferences, now)) return { tone: "quiet", text: "Paused on all sites." };
  if ("host" in place && preferences.sitesOff.includes(place.host)) return { tone: "quiet", text: "Off on this site." };
  return OF_SERVER[sign] ?? ofPlace(place);
}

function ofPlace(place: Place): Sentence {
  switch (place.kind) {
    case "site":
      return OF_FIELD[place.here];
    case "own":
      return place.here ? OF_FIELD[place.here] : { tone: "quiet", text: "On. This is one of Foretype's own pages." };
    case "unallowed":
      return { tone: "quiet", text: "Foretype is not allowed on this site yet." };
    case "frame":
      return { tone: "quiet", text: "This field belongs to another site, on which Foretype is not allowed yet." };
    case "closed":
      return { tone: "quiet", text: "The browser allows no extensions on this page." };
  }
}
