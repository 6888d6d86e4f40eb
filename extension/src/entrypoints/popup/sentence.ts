import type { Sign } from "../../background/toolbar.ts";
import type { Here } from "../../ghost/index.ts";
import type { PageState } from "../../messages.ts";
import type { Preferences } from "../../preferences.ts";

/** All that the popup's one sentence depends on. */
export interface Situation {
  readonly sign: Sign | "loading";
  /** Null where no script of the extension runs on the page. */
  readonly page: PageState | null;
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
  unwritable: { tone: "bad", text: "This field did not take a word as it should have, so it is left alone." },
  none: { tone: "quiet", text: "On. It waits for you to write." },
};

/** What is going on here, in one sentence: what a person did comes first, then the server, then the field. */
export function sentenceOf({ sign, page, preferences, now }: Situation): Sentence {
  if (preferences.pausedUntil > now) return { tone: "quiet", text: "Paused everywhere." };
  if (page && preferences.sitesOff.includes(page.host)) return { tone: "quiet", text: "Off on this site." };
  const ofServer = OF_SERVER[sign];
  if (ofServer) return ofServer;
  return page ? OF_FIELD[page.here] : { tone: "quiet", text: "The browser lets no extension write on this page." };
}
