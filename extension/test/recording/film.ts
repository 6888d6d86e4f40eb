import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Page } from "@playwright/test";

interface Frame {
  readonly at: number;
  readonly png: Buffer;
}

/** The time for which the last frame is shown, in seconds. */
const LAST_S = 2.5;
const FPS = 20;

/** Records the frames of a page during `act`, each with its time. */
export async function film(page: Page, act: () => Promise<void>): Promise<Frame[]> {
  const frames: Frame[] = [];
  const session: CDPSession = await page.context().newCDPSession(page);
  session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    frames.push({ at: metadata.timestamp ?? 0, png: Buffer.from(data, "base64") });
    session.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
  });
  await session.send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
  await act();
  await session.send("Page.stopScreencast");
  await session.detach();
  return frames;
}

/** Writes the frames as a GIF in a loop, each as long as it was on the screen. Needs ffmpeg. */
export function writeGif(frames: readonly Frame[], file: string, width: number): void {
  const folder = mkdtempSync(join(tmpdir(), "foretype-film-"));
  const list = frames.map(({ at, png }, index) => {
    writeFileSync(join(folder, `${index}.png`), png);
    const next = frames[index + 1]?.at;
    return `file ${index}.png\nduration ${(next === undefined ? LAST_S : next - at).toFixed(4)}`;
  });
  // ffmpeg uses the duration of a frame only if another frame follows.
  writeFileSync(join(folder, "list.txt"), `${list.join("\n")}\nfile ${frames.length - 1}.png\n`);
  const filter = `fps=${FPS},scale=${width}:-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=64:stats_mode=full[p];[b][p]paletteuse=dither=none:diff_mode=rectangle`;
  const made = spawnSync(
    "ffmpeg",
    ["-y", "-loglevel", "error", "-f", "concat", "-i", join(folder, "list.txt"), "-filter_complex", filter, file],
    { encoding: "utf8" },
  );
  rmSync(folder, { recursive: true });
  if (made.error) throw new Error("The recording needs ffmpeg. Debian, Ubuntu: sudo apt-get install ffmpeg.");
  if (made.status !== 0) throw new Error(`ffmpeg: ${made.stderr}`);
}
