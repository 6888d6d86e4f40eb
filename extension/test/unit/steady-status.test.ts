import { beforeEach, expect, test, vi } from "vitest";
import { SteadyStatus } from "../../src/background/steady-status.ts";
import type { ServerStatus } from "../../src/messages.ts";

let shown: ServerStatus[];
let status: SteadyStatus;

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
  status = new SteadyStatus((one) => shown.push(one), {
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  });
});

test("a connection that is back in a moment was never lost for the user", () => {
  status.become("connecting");
  status.become("ready");
  status.become("lost");
  vi.advanceTimersByTime(1900);
  status.become("ready");
  vi.advanceTimersByTime(60_000);
  expect(shown).toEqual(["connecting", "ready", "ready"]);
  expect(status.shown).toBe("ready");
});

test("a connection that stays lost is shown as lost", () => {
  status.become("ready");
  status.become("lost");
  expect(status.shown).toBe("ready");
  vi.advanceTimersByTime(2000);
  expect(shown).toEqual(["ready", "lost"]);
  expect(status.shown).toBe("lost");
});

test.each(["refused", "unproven", "closed", "unpaired"] as const)("%s is shown at once, and stays", (other) => {
  status.become("ready");
  status.become("lost");
  status.become(other);
  expect(shown).toEqual(["ready", other]);
  vi.advanceTimersByTime(60_000);
  expect(shown).toEqual(["ready", other]);
});

test("a server that was never reachable is shown as lost at once", () => {
  status.become("connecting");
  status.become("lost");
  expect(shown).toEqual(["connecting", "lost"]);
});
