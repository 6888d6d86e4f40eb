/** Fails where the archive of sources for Mozilla's reviewers, built in an empty folder as SOURCES.md says, is not the extension that was zipped. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";

const output = fileURLToPath(new URL("../.output", import.meta.url));

async function zipped(what: "firefox" | "sources"): Promise<Map<string, Uint8Array>> {
  const archive = join(output, `foretype-extension-${process.env.npm_package_version}-${what}.zip`);
  return new Map(Object.entries(unzipSync(await readFile(archive))));
}

async function unpack(files: Map<string, Uint8Array>, folder: string): Promise<void> {
  for (const [name, content] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

async function filesIn(folder: string): Promise<Map<string, Uint8Array>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [relative(folder, file).replaceAll("\\", "/"), await readFile(file)] as const),
    ),
  );
}

function differences(one: Map<string, Uint8Array>, other: Map<string, Uint8Array>): string[] {
  const same = (name: string) =>
    Buffer.compare(one.get(name) ?? Buffer.alloc(0), other.get(name) ?? Buffer.alloc(0)) === 0;
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => !same(name)).sort();
}

const folder = await mkdtemp(join(tmpdir(), "foretype-sources-"));
try {
  const [sources, extension] = [await zipped("sources"), await zipped("firefox")];
  await unpack(sources, folder);
  for (const command of [
    ["ci", "--prefer-offline", "--silent"],
    ["run", "--silent", "build:firefox"],
  ])
    execFileSync("npm", command, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const different = differences(await filesIn(join(folder, ".output", "firefox-mv3")), extension);
  if (different.length > 0) {
    process.stderr.write(`The sources build something else than the extension: ${different.join(", ")}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`${sources.size} files of sources build the extension's ${extension.size}, byte for byte.\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
