import { browser } from "wxt/browser";
import { START_SERVER } from "../commands.ts";
import { message } from "../i18n.ts";
import type { ServerStatus } from "../messages.ts";

interface IconState {
  readonly badge: string;
  readonly coloured: boolean;
}

const ICON_STATES: Readonly<Record<ServerStatus, IconState>> = {
  unpaired: { badge: "", coloured: false },
  closed: { badge: "", coloured: true },
  connecting: { badge: "", coloured: true },
  ready: { badge: "", coloured: true },
  lost: { badge: "!", coloured: false },
  unproven: { badge: "!", coloured: false },
  refused: { badge: "!", coloured: false },
};

const BADGE_COLOUR = "#b3541e";
const SIZES = [16, 32, 48];

export async function showStatus(status: ServerStatus): Promise<void> {
  const { badge, coloured } = ICON_STATES[status];
  const path = Object.fromEntries(SIZES.map((size) => [size, `/icon/${coloured ? "" : "off-"}${size}.png`]));
  await Promise.all([
    browser.action.setTitle({ title: message(`icon_${status}`, START_SERVER) }),
    browser.action.setBadgeText({ text: badge }),
    browser.action.setBadgeBackgroundColor({ color: BADGE_COLOUR }),
    browser.action.setIcon({ path }),
  ]);
}
