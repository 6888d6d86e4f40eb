/** Fails if backend/foretype/playground/ differs from what the sources build. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { differences, filesIn } from "./files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const committed = fileURLToPath(new URL("../../backend/foretype/playground", import.meta.url));

const fresh = await mkdtemp(join(tmpdir(), "foretype-playground-"));
try {
  execFileSync("npm", ["run", "--silent", "build:playground"], {
    cwd: root,
    env: { ...process.env, FORETYPE_PLAYGROUND_OUT: fresh },
    stdio: "inherit",
  });
  const different = differences(await filesIn(fresh), await filesIn(committed));
  if (different.length > 0) {
    process.stderr.write(
      `backend/foretype/playground/ differs from what extension/ builds (${different.join(", ")}). Run "npm run build:playground" and commit the result.\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await rm(fresh, { recursive: true });
}
