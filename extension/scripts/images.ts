/** Copies the pictures that the last run of the browser tests took into docs/images/. Fails if it took none of them. */
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const NAMES = ["playground-light", "playground-dark", "welcome-light", "welcome-dark"];

await mkdir(at("../../docs/images"), { recursive: true });
const copied: string[] = [];
for (const name of NAMES) {
  try {
    await copyFile(at(`../test-results/images/${name}.png`), at(`../../docs/images/${name}.png`));
    copied.push(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
if (copied.length === 0) throw new Error('There are no pictures. Run "npm run test:browser -- welcome" first.');
process.stdout.write(`Copied into docs/images: ${copied.join(", ")}\n`);
