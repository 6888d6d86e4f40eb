/** The pictures around the screenshots: a sentence above a window, and the promo tile. */

export const FONT = '"Liberation Sans", Arial, "DejaVu Sans", sans-serif';

const BASE = `<meta charset="utf-8"><style>
  * { box-sizing: border-box }
  body { margin: 0; overflow: hidden; font-family: ${FONT}; color: #1d1e21 }
</style>`;

export interface Window {
  /** A PNG of the window's content. */
  readonly png: Buffer;
  /** Without an address, the window has no bar. */
  readonly address?: string;
}

const source = (png: Buffer) => `data:image/png;base64,${png.toString("base64")}`;

function windowOf({ png, address }: Window): string {
  const bar = address === undefined ? "" : `<div class="bar"><i></i><i></i><i></i><span>${address}</span></div>`;
  return `<div class="window">${bar}<img class="content" src="${source(png)}"></div>`;
}

/** One or two windows side by side, which the lower edge of the picture cuts off. `popup` is drawn over the first one. */
export function screenshotPage(headline: string, windows: readonly Window[], popup?: Buffer): string {
  return `${BASE}<style>
  body { width: 1280px; height: 800px; background: linear-gradient(160deg, #eef2fd, #d5dffa) }
  h1 { margin: 0; padding-top: 52px; text-align: center; font-size: 46px; line-height: 1.2; letter-spacing: -0.02em }
  main { position: absolute; inset: 158px 80px 0; display: flex; gap: 32px }
  .window { flex: 1; height: 100%; border-radius: 16px 16px 0 0; background: #fff; box-shadow: 0 18px 60px #1c2f6b38, 0 2px 8px #1c2f6b26; overflow: hidden }
  .bar { display: flex; align-items: center; gap: 9px; height: 52px; padding: 0 20px; background: #e9ecf3 }
  .bar i { width: 13px; height: 13px; border-radius: 50%; background: #c3c9d6 }
  .bar span { flex: 1; margin-left: 12px; padding: 7px 18px; border-radius: 99px; background: #fff; color: #5d636f; font-size: 17px }
  .content { display: block; width: 100% }
  .popup { position: absolute; top: 60px; right: 24px; width: 470px; border-radius: 14px; box-shadow: 0 18px 50px #1c2f6b59, 0 0 0 1px #1c2f6b22 }
</style><h1>${headline}</h1><main>${windows.map(windowOf).join("")}${popup ? `<img class="popup" src="${source(popup)}">` : ""}</main>`;
}

/** The small promo tile of the Chrome Web Store: 440×280 pixels. */
export function promoTile(icon: string, sentence: readonly [typed: string, suggested: string]): string {
  return `${BASE}<style>
  body { display: flex; flex-direction: column; justify-content: center; gap: 26px; width: 440px; height: 280px; padding: 0 38px; background: linear-gradient(160deg, #eef2fd, #d5dffa) }
  header { display: flex; align-items: center; gap: 16px; font-size: 40px; font-weight: 700; letter-spacing: -0.02em } svg { width: 68px; height: 68px }
  p { margin: 0; padding: 14px 18px; border-radius: 12px; background: #fff; box-shadow: 0 6px 20px #1c2f6b26; font-size: 25px; white-space: nowrap } span { color: #8a8f9b }
  b { display: inline-block; width: 2px; height: 1.1em; vertical-align: -0.2em; background: #2f5fd0 }
</style><header>${icon}Foretype</header><p>${sentence[0]}<b></b><span>${sentence[1]}</span></p>`;
}

/** The icon with the transparent margin of 16 pixels that the Chrome Web Store asks for: 128×128 pixels. */
export const storeIcon = (icon: string): string =>
  `<style>body { margin: 0; background: none } svg { display: block; width: 96px; height: 96px; margin: 16px }</style>${icon}`;
