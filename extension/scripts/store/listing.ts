/** The texts that a person wrote for the stores: a folder in `store/` for each language. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { countProblems, type TextKind, textProblems } from "./limits.ts";
import { namesIn } from "./packages.ts";

export interface Screenshot {
  readonly name: string;
  readonly headline: string;
  readonly caption: string;
}

export interface Listing {
  /** As in `_locales`: en, de, pt_BR. */
  readonly language: string;
  /** From the extension's own sentences. */
  readonly name: string;
  readonly short: string;
  readonly summary: string;
  readonly description: string;
  readonly screenshots: readonly Screenshot[];
}

/** `archive`: the zipped extension. */
export async function listingsIn(folder: string, archive: Uint8Array): Promise<Listing[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const languages = entries.filter((one) => one.isDirectory()).map(({ name }) => name);
  return Promise.all(
    languages.sort().map(async (language) => {
      const text = async (file: string) => (await readFile(join(folder, language, file), "utf8")).trim();
      const { name, description: short } = namesIn(archive, language);
      const { screenshots } = JSON.parse(await text("screenshots.json")) as { screenshots: Screenshot[] };
      const [summary, description] = [await text("summary.txt"), await text("description.txt")];
      return { language, name, short, summary, description, screenshots };
    }),
  );
}

export function listingProblems({ language, name, short, summary, description, screenshots }: Listing): string[] {
  const folder = `store/${language}`;
  const texts: readonly (readonly [TextKind, string, string])[] = [
    ["chromeName", name, "the manifest's name"],
    ["chromeShort", short, "the manifest's description"],
    ["chromeDescription", description, `${folder}/description.txt`],
    ["mozillaName", name, "the manifest's name"],
    ["mozillaSummary", summary, `${folder}/summary.txt`],
    ["mozillaDescription", description, `${folder}/description.txt`],
  ];
  return [
    ...texts.flatMap(([kind, text, where]) => textProblems(kind, text, where)),
    ...countProblems(language, screenshots.length),
  ];
}
