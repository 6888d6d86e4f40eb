import { expect, test } from "vitest";
import { InTurn } from "../../src/in-turn.ts";

test("work begins when the work before it has ended, also if that failed", async () => {
  const log: string[] = [];
  const inTurn = new InTurn();
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    if (name === "bad") throw new Error(name);
    return name;
  };
  const [bad, good] = [inTurn.run(work("bad")), inTurn.run(work("good"))];
  await expect(bad).rejects.toThrow("bad");
  expect(await good).toBe("good");
  expect(log).toEqual(["bad begins", "bad ends", "good begins", "good ends"]);
});
