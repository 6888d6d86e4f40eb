/** Copies the pictures that the last run of the browser tests took into docs/images/. */
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const NAMES = ["playground-light", "playground-dark", "welcome-light", "welcome-dark"];

await mkdir(at("../../docs/images"), { recursive: true });
for (const name of NAMES) await copyFile(at(`../test-results/images/${name}.png`), at(`../../docs/images/${name}.png`));
