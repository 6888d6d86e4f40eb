import { browser } from "wxt/browser";
import type { ServerStatus } from "../messages.ts";

interface IconState {
  readonly title: string;
  readonly badge: string;
  readonly coloured: boolean;
}

const ICON_STATES: Readonly<Record<ServerStatus, IconState>> = {
  unpaired: { title: "Foretype: not connected to a server yet", badge: "", coloured: false },
  closed: { title: "Foretype: ready", badge: "", coloured: true },
  connecting: { title: "Foretype: connecting …", badge: "", coloured: true },
  ready: { title: "Foretype: connected", badge: "", coloured: true },
  lost: { title: "Foretype: the server is unreachable. Start it with: foretype serve", badge: "!", coloured: false },
  unproven: {
    title: "Foretype: another program answers on the server's port. Stop it and start the server",
    badge: "!",
    coloured: false,
  },
  refused: {
    title: "Foretype: the server no longer accepts this browser. Connect again in the options",
    badge: "!",
    coloured: false,
  },
};

const BADGE_COLOUR = "#b3541e";
const SIZES = [16, 32, 48];

export async function showStatus(status: ServerStatus): Promise<void> {
  const { title, badge, coloured } = ICON_STATES[status];
  const path = Object.fromEntries(SIZES.map((size) => [size, `/icon/${coloured ? "" : "off-"}${size}.png`]));
  await Promise.all([
    browser.action.setTitle({ title }),
    browser.action.setBadgeText({ text: badge }),
    browser.action.setBadgeBackgroundColor({ color: BADGE_COLOUR }),
    browser.action.setIcon({ path }),
  ]);
}
