/** The stores' limits for texts and pictures, and what to do if one is exceeded. Pure. */

interface TextLimit {
  readonly what: string;
  /** In characters. */
  readonly most: number;
}

/**
 * Sources, read in November 2026:
 * - the names: https://developer.mozilla.org/docs/Mozilla/Add-ons/WebExtensions/manifest.json/name (50 and 75);
 * - Chrome's short description: https://developer.chrome.com/docs/extensions/reference/manifest/description (132);
 * - Mozilla's summary: `DescribeForm` in src/olympia/devhub/forms.py of https://github.com/mozilla/addons-server (250);
 * - Mozilla's notes: `approval_notes` in src/olympia/versions/models.py there (3000).
 *
 * No public page of a store was found for the others. 16,000 and 1,000 are reported by developers
 * (https://github.com/shybyte/tos-checker/issues/6, https://github.com/railsblueprint/blueprint-mcp/pull/7); for the 15,000 of Mozilla's
 * description nothing was found.
 */
export const TEXT_LIMITS = {
  chromeName: { what: "name for the Chrome Web Store", most: 75 },
  chromeShort: { what: "short description for the Chrome Web Store", most: 132 },
  chromeDescription: { what: "description for the Chrome Web Store", most: 16_000 },
  chromeSinglePurpose: { what: "single purpose for the Chrome Web Store", most: 1000 },
  chromeJustification: { what: "justification for the Chrome Web Store", most: 1000 },
  mozillaName: { what: "name for addons.mozilla.org", most: 50 },
  mozillaSummary: { what: "summary for addons.mozilla.org", most: 250 },
  mozillaDescription: { what: "description for addons.mozilla.org", most: 15_000 },
  mozillaNotes: { what: "notes to the reviewer for addons.mozilla.org", most: 3000 },
} as const satisfies Record<string, TextLimit>;

export type TextKind = keyof typeof TEXT_LIMITS;

/** `where`: the file to edit. Empty if the text fits. */
export function textProblems(kind: TextKind, text: string, where: string): string[] {
  const { what, most } = TEXT_LIMITS[kind];
  const length = [...text].length;
  if (length === 0) return [`The ${what} is empty. Write it in ${where}.`];
  if (length > most) return [`The ${what} has ${length} characters; ${most} are allowed. Shorten it in ${where}.`];
  return [];
}

export interface PictureLimit {
  readonly width: number;
  readonly height: number;
  readonly mayBeTransparent: boolean;
}

/** Source of the sizes and the number of pictures: https://developer.chrome.com/docs/webstore/images */
export const SCREENSHOT: PictureLimit = { width: 1280, height: 800, mayBeTransparent: false };
export const PROMO_TILE: PictureLimit = { width: 440, height: 280, mayBeTransparent: false };
export const ICON: PictureLimit = { width: 128, height: 128, mayBeTransparent: true };
export const MOST_SCREENSHOTS = 5;

export interface Png {
  readonly width: number;
  readonly height: number;
  readonly bitsPerChannel: number;
  readonly hasAlpha: boolean;
  readonly hasPalette: boolean;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** What the header of a PNG says. Null if the bytes are no PNG. */
export function readPng(bytes: Uint8Array): Png | null {
  if (bytes.length < 26 || !SIGNATURE.every((byte, index) => bytes[index] === byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const colourType = view.getUint8(25);
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitsPerChannel: view.getUint8(24),
    hasAlpha: colourType === 4 || colourType === 6,
    hasPalette: colourType === 3,
  };
}

export function pictureProblems(name: string, bytes: Uint8Array, limit: PictureLimit): string[] {
  const again = 'Run "npm run store:pictures" again';
  const png = readPng(bytes);
  if (png === null) return [`${name} is not a PNG. ${again}.`];
  const problems = [];
  if (png.width !== limit.width || png.height !== limit.height)
    problems.push(
      `${name} is ${png.width}×${png.height} pixels; the stores want ${limit.width}×${limit.height}. Correct its size in test/store/frame.ts. ${again}.`,
    );
  if (png.bitsPerChannel !== 8 || png.hasPalette || (png.hasAlpha && !limit.mayBeTransparent))
    problems.push(`${name} is not a PNG with 24 bits a pixel and without transparency. ${again}.`);
  return problems;
}

/** The Chrome Web Store takes one to five screenshots. */
export function countProblems(language: string, count: number): string[] {
  if (count >= 1 && count <= MOST_SCREENSHOTS) return [];
  return [`store/${language}/screenshots.json lists ${count} screenshots; the stores take 1 to ${MOST_SCREENSHOTS}.`];
}
