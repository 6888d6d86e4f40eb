/** The zipped extension, as the stores get it. */
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import type { Manifest } from "./reasons.ts";

type Contents = Readonly<Record<string, Uint8Array>>;

/** The same archive from the same files, at any time. */
const MADE = new Date("2020-01-01T12:00:00");

export function manifestIn(archive: Uint8Array): Manifest {
  return manifestOf(unzipSync(archive));
}

function manifestOf(files: Contents): Manifest {
  const manifest = files["manifest.json"];
  if (!manifest)
    throw new Error('The archive has no manifest.json. Run "npm run zip" and "npm run zip:firefox" again.');
  return JSON.parse(strFromU8(manifest)) as Manifest;
}

/** The archive for the Chrome Web Store: it refuses a manifest with `key`, because it chooses the key itself. */
export function withoutKey(archive: Uint8Array): Uint8Array {
  const files = unzipSync(archive);
  const { key: _, ...manifest } = manifestOf(files) as Manifest & { key?: string };
  return zipSync({ ...files, "manifest.json": strToU8(JSON.stringify(manifest)) }, { level: 9, mtime: MADE });
}

/** The extension's name and its short description in a language, or in the default language if it has no sentences in that one. */
export function namesIn(archive: Uint8Array, language: string): { name: string; description: string } {
  const files = unzipSync(archive);
  const { name, description, default_locale = "en" } = manifestOf(files);
  const sentences = (locale: string): Record<string, { message: string }> => {
    const file = files[`_locales/${locale}/messages.json`];
    return file ? JSON.parse(strFromU8(file)) : {};
  };
  const found = { ...sentences(default_locale), ...sentences(language) };
  const inWords = (text: string) => text.replace(/^__MSG_(\w+)__$/, (_, key: string) => found[key]?.message ?? "");
  return { name: inWords(name), description: inWords(description) };
}
