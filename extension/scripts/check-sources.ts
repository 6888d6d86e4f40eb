/** Builds the archive of sources for Mozilla's reviewers in an empty folder, as SOURCES.md says, and fails if the result differs from the zipped extension. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { differences, type Files, filesIn } from "./files.ts";

const output = fileURLToPath(new URL("../.output", import.meta.url));

async function zipped(what: "firefox" | "sources"): Promise<Files> {
  const archive = join(output, `foretype-extension-${process.env.npm_package_version}-${what}.zip`);
  return new Map(Object.entries(unzipSync(await readFile(archive))));
}

async function unpack(files: Files, folder: string): Promise<void> {
  for (const [name, content] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
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
    process.stderr.write(`The build from the sources differs from the extension in: ${different.join(", ")}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(
      `The ${sources.size} source files build the ${extension.size} files of the extension, byte for byte.\n`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
