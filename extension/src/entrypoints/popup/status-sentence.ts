import type { FocusState } from "../../ghost/index.ts";
import type { ServerStatus } from "../../messages.ts";
import type { PaintedEditor } from "../../painted-editors.ts";
import { amountAt, isBesidePageAt, isPaused, type Preferences } from "../../preferences.ts";
import { DEFAULT_ADDRESS } from "../../protocol/address.ts";
import { chordLabel } from "../../ui/chord-label.ts";
import type { ActivePage } from "./active-page.ts";

/** Everything that the popup's status sentence depends on. */
export interface Situation {
  /**
   * "moved": a server answers at the default port, and this browser was paired at the default port of earlier versions. "lost_elsewhere": the
   * server is lost, and is not on this machine.
   */
  readonly server: ServerStatus | "loading" | "moved" | "lost_elsewhere";
  readonly page: ActivePage;
  readonly preferences: Preferences;
  readonly now: number;
}

export interface Sentence {
  readonly tone: "quiet" | "good" | "bad";
  /** A command is between two backticks, as in `more`. */
  readonly text: string;
  /** What to do if the advice in `text` does not help. */
  readonly more?: string;
}

const SERVER: Readonly<Partial<Record<Situation["server"], Sentence>>> = {
  unpaired: { tone: "bad", text: "Not connected yet. Connect your server in the options." },
  refused: { tone: "bad", text: "The server no longer accepts this browser. Connect again in the options." },
  loading: { tone: "quiet", text: "The server is loading its model. This takes a moment." },
  unproven: {
    tone: "bad",
    text: "Another program answers on the server's port, so Foretype sends it nothing. Stop that program and start the server.",
  },
  moved: {
    tone: "bad",
    text: `The server's default address has changed. Open ${DEFAULT_ADDRESS} and press “Connect extension”.`,
  },
  lost: {
    tone: "bad",
    text: "The server is unreachable. To start it now and at each login, run `foretype service install`.",
    more: "If it is installed but stopped, `foretype service status` says why.",
  },
  lost_elsewhere: {
    tone: "bad",
    text: "The server is unreachable. It is on another machine. Start it there.",
  },
};

const PAINTED: Readonly<Record<PaintedEditor, Sentence>> = {
  google_docs: {
    tone: "quiet",
    text: "Foretype cannot complete the text of a Google document, because Google Docs draws it as a picture.",
  },
  word: { tone: "quiet", text: "Foretype does not support Word for the web." },
};

const FOCUS: Readonly<Record<FocusState, Sentence>> = {
  field: { tone: "good", text: "On. Suggestions appear while you write." },
  private: {
    tone: "quiet",
    text: "Foretype does not read this field: it is private, or the page does not allow writing tools.",
  },
  code: { tone: "quiet", text: "Foretype is off in code editors. You can turn it on in the options." },
  kind: { tone: "quiet", text: "You turned off suggestions for fields of this kind in the options." },
  unwritable: { tone: "bad", text: "Foretype is off in this field, because a word was not inserted correctly." },
  by_page: { tone: "quiet", text: "This page suggests text itself, so Foretype shows nothing here." },
  none: { tone: "quiet", text: "On. Start writing in a field." },
};

/** The current status in one sentence. What the user has turned off comes first, then the server, then the field. */
export function statusSentence({ server, page, preferences, now }: Situation): Sentence {
  if (isPaused(preferences, now)) return { tone: "quiet", text: "Paused on all sites." };
  if ("host" in page && preferences.sitesOff.includes(page.host)) return offSentence(preferences);
  if (page.kind === "painted") return PAINTED[page.editor];
  return SERVER[server] ?? pageSentence(page, preferences);
}

function offSentence({ keys }: Preferences): Sentence {
  if (keys.ask === "") return { tone: "quiet", text: "Off on this site." };
  return { tone: "quiet", text: `Off on this site. To see one suggestion, press ${chordLabel(keys.ask)} in a field.` };
}

/** For a page on which suggestions appear only when the user presses a key. */
function onKeySentence({ keys }: Preferences): Sentence {
  if (keys.ask === "")
    return { tone: "bad", text: "No suggestion appears, because its key is turned off. Choose a key in the options." };
  return { tone: "good", text: `On. To see a suggestion, press ${chordLabel(keys.ask)} in a field.` };
}

const BESIDE: Sentence = {
  tone: "good",
  text: "On. The page suggests text as well, so Foretype's suggestions are below the line.",
};

function pageSentence(page: Exclude<ActivePage, { kind: "painted" }>, preferences: Preferences): Sentence {
  const focus = "focus" in page ? page.focus : null;
  const hosts = "host" in page ? [page.host] : [];
  if ((focus === "field" || focus === "none") && amountAt(preferences, hosts).moment === "key")
    return onKeySentence(preferences);
  switch (page.kind) {
    case "site":
      if (page.focus === "by_page" && isBesidePageAt(preferences, [page.host])) return BESIDE;
      return FOCUS[page.focus];
    case "own":
      return page.focus ? FOCUS[page.focus] : { tone: "quiet", text: "On. This is one of Foretype's own pages." };
    case "unallowed":
      return { tone: "quiet", text: "Foretype is not allowed on this site yet." };
    case "frame":
      return { tone: "quiet", text: "This field belongs to another site, on which Foretype is not allowed yet." };
    case "closed":
      return { tone: "quiet", text: "The browser does not allow extensions on this page." };
  }
}
