/** Compares the files of folders and archives. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Contents by path, with slashes. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** All files in a folder, at any depth. Empty if there is no such folder. */
export async function filesIn(folder: string): Promise<Files> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const read = async (file: string) => [relative(folder, file).replaceAll(sep, "/"), await readFile(file)] as const;
  return new Map(await Promise.all(files.map(read)));
}

/** The paths that only one of them has, or whose contents differ. */
export function differences(one: Files, other: Files): string[] {
  const isSame = (path: string) => {
    const [a, b] = [one.get(path), other.get(path)];
    return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
  };
  return [...new Set([...one.keys(), ...other.keys()])].filter((path) => !isSame(path)).sort();
}
