import { appendFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CDPSession, type Page, test } from "@playwright/test";

const FOLDER = fileURLToPath(new URL("../../test-results/reports/", import.meta.url));

/** Keeps figures of the running test in a file and in the test's report. */
export function reportFigures(figures: string): void {
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(`${FOLDER}main-thread.txt`, `${figures}\n`);
  test.info().annotations.push({ type: "main thread", description: figures });
}

interface TraceEvent {
  readonly name: string;
  readonly ts: number;
  readonly dur?: number;
  /** The CPU time of the thread, without the time that other processes took. */
  readonly tdur?: number;
  readonly tid: number;
  readonly pid: number;
  readonly args: { readonly data?: { readonly url?: string; readonly type?: string } };
}

/** How long the extension's code ran on the page's main thread, in milliseconds, for each key that `act` presses. */
export async function timePerKey(page: Page, act: () => Promise<void>): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  const events = await trace(session, act);
  await session.detach();
  const keys = events.filter(({ name, args }) => name === "EventDispatch" && args.data?.type === "keydown");
  const calls = events.filter(isOurs);
  return keys.map(({ ts, pid, tid }, index) => {
    const next = keys[index + 1]?.ts ?? Number.POSITIVE_INFINITY;
    const ofKey = calls.filter((call) => call.pid === pid && call.tid === tid && call.ts >= ts && call.ts < next);
    return outermost(ofKey).reduce((sum, { dur = 0, tdur = dur }) => sum + tdur / 1000, 0);
  });
}

/** How long each call of the extension's code on the page's main thread took during `act`, in milliseconds. */
export async function timesOfCalls(page: Page, act: () => Promise<void>): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  const events = await trace(session, act);
  await session.detach();
  return outermost(events.filter(isOurs)).map(({ dur = 0, tdur = dur }) => tdur / 1000);
}

/** How often the extension's code ran on the page's main thread during `act`. */
export async function callsDuring(page: Page, act: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const events = await trace(session, act);
  await session.detach();
  return events.filter(isOurs).length;
}

export const isOurs = ({ name, args }: TraceEvent): boolean =>
  name === "FunctionCall" && args.data?.url?.startsWith("chrome-extension:") === true;

/** Calls that are not inside another call. */
function outermost(calls: TraceEvent[]): TraceEvent[] {
  let end = 0;
  return [...calls]
    .sort((a, b) => a.ts - b.ts)
    .filter(({ ts, dur = 0 }) => {
      const inside = ts < end;
      if (!inside) end = ts + dur;
      return !inside;
    });
}

/** What happened on the page's main thread during `act`. */
export async function trace(session: CDPSession, act: () => Promise<void>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  const keep = ({ value }: { value: object[] }) => events.push(...(value as TraceEvent[]));
  session.on("Tracing.dataCollected", keep);
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["devtools.timeline"], excludedCategories: ["*"] },
  });
  await act();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  session.off("Tracing.dataCollected", keep);
  return events;
}

export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
