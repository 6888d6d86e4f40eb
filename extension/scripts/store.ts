/**
 * Puts into ../dist/store/ what the Chrome Web Store and addons.mozilla.org ask for, and fails if a text, a picture or a permission does not fit
 * their rules. Needs the zips and the pictures. `--check`: checks the texts and the permissions only, and writes nothing. `--home ADDRESS`: the
 * project's public page; by default that of git's remote "origin".
 */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromeJustifications, chromePrivacy, mozillaPrivacy, reviewerNotes, SINGLE_PURPOSE } from "./store/answers.ts";
import { ICON, PROMO_TILE, pictureProblems, SCREENSHOT, textProblems } from "./store/limits.ts";
import { type Listing, listingProblems, listingsIn } from "./store/listing.ts";
import { manifestIn, withoutKey } from "./store/packages.ts";
import { reasonProblems, reasonsIn } from "./store/reasons.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const DIST = at("../../dist/store");
const PICTURES = at("../test-results/store");
const CHROME = "chrome-web-store";
const MOZILLA = "addons-mozilla-org";

const { values: options } = parseArgs({
  options: { check: { type: "boolean", default: false }, home: { type: "string" } },
});
const home = options.home ?? homeOfRemote() ?? "ADDRESS-OF-THE-PROJECT";
const policy = `${home}/blob/main/docs/privacy.md`;

const archive = (what: string) =>
  readFile(at(`../.output/foretype-extension-${process.env.npm_package_version}-${what}.zip`));
const [chromeZip, firefoxZip, sourcesZip] = [
  await archive("chrome"),
  await archive("firefox"),
  await archive("sources"),
];
const [chrome, firefox] = [manifestIn(chromeZip), manifestIn(firefoxZip)];
const reasons = reasonsIn(await readFile(at("../PERMISSIONS.md"), "utf8"));
const listings = await listingsIn(at("../store"), chromeZip);

stopIf([
  ...new Set([chrome, firefox].flatMap((manifest) => reasonProblems(manifest, reasons))),
  ...listings.flatMap(listingProblems),
  ...textProblems("chromeSinglePurpose", SINGLE_PURPOSE, "scripts/store/answers.ts"),
  ...chromeJustifications(chrome, reasons).flatMap(({ name, text }) =>
    textProblems("chromeJustification", text, `PERMISSIONS.md (${name})`),
  ),
  ...textProblems("mozillaNotes", reviewerNotes(home), "scripts/store/answers.ts"),
]);

if (options.check) {
  process.stdout.write(
    `The texts for the stores in ${listings.length} languages, and all permissions, are in order.\n`,
  );
} else {
  await rm(DIST, { recursive: true, force: true });
  await writeAll(CHROME, [
    [`foretype-extension-${chrome.version}-chrome.zip`, withoutKey(chromeZip)],
    ["privacy.md", chromePrivacy(chrome, firefox, reasons, policy)],
  ]);
  await writeAll(MOZILLA, [
    [`foretype-extension-${firefox.version}-firefox.zip`, firefoxZip],
    [`foretype-extension-${firefox.version}-sources.zip`, sourcesZip],
    ["privacy.md", mozillaPrivacy(firefox, reasons, policy)],
  ]);
  const icon = await readFile(join(PICTURES, "icon-128.png"));
  stopIf(pictureProblems("icon-128.png", icon, ICON));
  for (const store of [CHROME, MOZILLA]) {
    await writeAll(store, [
      ["icon-128.png", icon],
      ["reviewer-notes.txt", reviewerNotes(home)],
    ]);
    for (const listing of listings) await writeAll(`${store}/${listing.language}`, await filesOf(store, listing));
  }
}

type File = readonly [path: string, content: string | Uint8Array];

/** The texts and pictures of one language. Stops if a picture does not fit. */
async function filesOf(
  store: string,
  { language, name, short, summary, description, screenshots }: Listing,
): Promise<File[]> {
  const isChrome = store === CHROME;
  const pictures: File[] = [];
  const add = async (file: string, limit: typeof SCREENSHOT) => {
    const png = await readFile(join(PICTURES, language, file));
    stopIf(pictureProblems(`${language}/${file}`, png, limit));
    pictures.push([file, png]);
  };
  for (const [index, one] of screenshots.entries()) await add(`${index + 1}-${one.name}.png`, SCREENSHOT);
  if (isChrome) await add("promo-tile.png", PROMO_TILE);
  const captions = screenshots.map(({ caption }, index) => `${index + 1}. ${caption}\n`).join("");
  return [
    ["name.txt", `${name}\n`],
    isChrome ? ["short-description.txt", `${short}\n`] : ["summary.txt", `${summary}\n`],
    ["description.txt", `${description}\n`],
    ...(isChrome ? [] : ([["captions.txt", captions]] satisfies File[])),
    ...pictures,
  ];
}

async function writeAll(folder: string, files: readonly File[]): Promise<void> {
  for (const [path, content] of files) {
    const file = join(DIST, folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

function stopIf(problems: readonly string[]): void {
  if (problems.length === 0) return;
  process.stderr.write(problems.map((one) => `store: ${one}\n`).join(""));
  process.exit(1);
}

/** The page of git's remote "origin". Null if there is none. */
function homeOfRemote(): string | null {
  try {
    const remote = execFileSync("git", ["remote", "get-url", "origin"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, host, path] = /^(?:https:\/\/|git@|ssh:\/\/git@)([^/:]+)[/:](.+?)(?:\.git)?\s*$/.exec(remote) ?? [];
    return host && path ? `https://${host}/${path}` : null;
  } catch {
    return null;
  }
}
