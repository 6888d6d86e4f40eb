import { chordLabel } from "../../chord-label.ts";
import { START_SERVER } from "../../commands.ts";
import type { FocusState } from "../../ghost/index.ts";
import { message } from "../../i18n.ts";
import type { ServerStatus } from "../../messages.ts";
import type { PaintedEditor } from "../../painted-editors.ts";
import { amountAt, isBesidePageAt, isPaused, type Preferences } from "../../preferences.ts";
import { DEFAULT_ADDRESS } from "../../protocol/address.ts";
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
  unpaired: { tone: "bad", text: message("server_unpaired") },
  refused: { tone: "bad", text: message("server_refused") },
  loading: { tone: "quiet", text: message("server_loading") },
  unproven: {
    tone: "bad",
    text: message("server_unproven"),
  },
  moved: {
    tone: "bad",
    text: message("server_moved", DEFAULT_ADDRESS),
  },
  lost: {
    tone: "bad",
    text: message("server_lost", START_SERVER),
    more: message("server_lost_more"),
  },
  lost_elsewhere: {
    tone: "bad",
    text: message("server_lost_elsewhere"),
  },
};

const PAINTED: Readonly<Record<PaintedEditor, Sentence>> = {
  google_docs: {
    tone: "quiet",
    text: message("painted_google_docs"),
  },
  word: { tone: "quiet", text: message("painted_word") },
};

const FOCUS: Readonly<Record<FocusState, Sentence>> = {
  field: { tone: "good", text: message("focus_field") },
  private: {
    tone: "quiet",
    text: message("focus_private"),
  },
  code: { tone: "quiet", text: message("focus_code") },
  kind: { tone: "quiet", text: message("focus_kind") },
  unwritable: { tone: "bad", text: message("focus_unwritable") },
  by_page: { tone: "quiet", text: message("focus_by_page") },
  none: { tone: "quiet", text: message("focus_none") },
};

/** The current status in one sentence. What the user has turned off comes first, then the server, then the field. */
export function statusSentence({ server, page, preferences, now }: Situation): Sentence {
  if (isPaused(preferences, now)) return { tone: "quiet", text: message("paused_everywhere") };
  if ("host" in page && preferences.sitesOff.includes(page.host)) return offSentence(preferences);
  if (page.kind === "painted") return PAINTED[page.editor];
  return SERVER[server] ?? pageSentence(page, preferences);
}

function offSentence({ keys }: Preferences): Sentence {
  if (keys.ask === "") return { tone: "quiet", text: message("off_here") };
  return { tone: "quiet", text: message("off_here_but_key", chordLabel(keys.ask)) };
}

/** For a page on which suggestions appear only when the user presses a key. */
function onKeySentence({ keys }: Preferences): Sentence {
  if (keys.ask === "") return { tone: "bad", text: message("on_key_missing") };
  return { tone: "good", text: message("on_key", chordLabel(keys.ask)) };
}

const BESIDE: Sentence = {
  tone: "good",
  text: message("beside_page"),
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
      return page.focus ? FOCUS[page.focus] : { tone: "quiet", text: message("own_page") };
    case "unallowed":
      return { tone: "quiet", text: message("not_allowed_here") };
    case "frame":
      return { tone: "quiet", text: message("frame_not_allowed") };
    case "closed":
      return { tone: "quiet", text: message("closed_page") };
  }
}
