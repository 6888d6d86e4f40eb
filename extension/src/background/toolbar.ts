import { browser } from "wxt/browser";
import type { State } from "../protocol/connection.ts";

/** The closed set of what the toolbar icon can say. */
export type Sign = "unpaired" | State;

interface Look {
  readonly title: string;
  readonly badge: string;
  readonly lit: boolean;
}

const LOOKS: Readonly<Record<Sign, Look>> = {
  unpaired: { title: "Foretype: not connected to a server yet", badge: "", lit: false },
  closed: { title: "Foretype: ready", badge: "", lit: true },
  connecting: { title: "Foretype: connecting …", badge: "", lit: true },
  ready: { title: "Foretype: connected", badge: "", lit: true },
  lost: { title: "Foretype: the server is unreachable. Start it with: foretype serve", badge: "!", lit: false },
  refused: {
    title: "Foretype: the server no longer accepts this browser. Connect again in the options",
    badge: "!",
    lit: false,
  },
};

const BADGE_COLOUR = "#b3541e";
const SIZES = [16, 32, 48];

export async function showSign(sign: Sign): Promise<void> {
  const { title, badge, lit } = LOOKS[sign];
  const path = Object.fromEntries(SIZES.map((size) => [size, `/icon/${lit ? "" : "off-"}${size}.png`]));
  await Promise.all([
    browser.action.setTitle({ title }),
    browser.action.setBadgeText({ text: badge }),
    browser.action.setBadgeBackgroundColor({ color: BADGE_COLOUR }),
    browser.action.setIcon({ path }),
  ]);
}
