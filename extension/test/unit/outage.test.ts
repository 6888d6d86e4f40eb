import { expect, test } from "vitest";
import { Outage } from "../../src/background/outage.ts";

test("the hint is not due during a restart, due in a longer outage, and not due again after it was shown", () => {
  const outage = new Outage();
  expect(outage.isHintDue(0)).toBe(false);
  outage.state("lost", 1000);
  outage.state("connecting", 2000);
  outage.state("lost", 3500);
  expect([3999, 4000].map((now) => outage.isHintDue(now))).toEqual([false, true]);
  outage.hintShown();
  expect(outage.isHintDue(5000)).toBe(false);
});

test.each(["ready", "closed", "refused"] as const)("an outage ends when the connection is %s", (state) => {
  const outage = new Outage();
  outage.state("lost", 0);
  outage.state(state, 5000);
  expect(outage.isHintDue(9000)).toBe(false);
  outage.state("lost", 9000);
  expect(outage.isHintDue(12_000)).toBe(true);
});
