import { expect, test } from "vitest";
import { originOf, socketOf } from "../../src/protocol/address.ts";
import { waitBefore } from "../../src/protocol/backoff.ts";
import { isCode } from "../../src/protocol/pairing.ts";

test.each([
  ["127.0.0.1:22738", "http://127.0.0.1:22738"],
  [" http://localhost:22738/ ", "http://127.0.0.1:22738"],
  ["ws://localhost:22738/v1/socket", "http://127.0.0.1:22738"],
  ["localhost", "http://127.0.0.1"],
  ["https://localhost:22738", "https://localhost:22738"],
  ["localhost.example:22738", "http://localhost.example:22738"],
  ["wss://team.example/v1/socket", "https://team.example"],
  ["https://team.example/#code=ABCD-EFGH", "https://team.example"],
  ["[::1]:22738", "http://[::1]:22738"],
  ["", null],
  ["not an address", null],
  ["ftp://example", null],
  ["http://", null],
])("the address %j means %j", (entered, origin) => {
  expect(originOf(entered)).toBe(origin);
});

test("an https origin has a wss socket", () => {
  expect(socketOf("https://team.example")).toBe("wss://team.example/v1/socket");
  expect(socketOf("http://127.0.0.1:22738")).toBe("ws://127.0.0.1:22738/v1/socket");
});

test.each([
  ["ABCD-EFGH", true],
  [" abcd-efgh ", true],
  ["ABCDEFGH", true],
  ["a-much-longer-token", false],
])("%j is a pairing code: %j", (secret, code) => {
  expect(isCode(secret)).toBe(code);
});

test("waits grow to a limit; all of the first is random, and half of each later one", () => {
  expect([waitBefore(0, 0), waitBefore(0, 1)]).toEqual([0, 400]);
  expect([waitBefore(1, 0), waitBefore(1, 1)]).toEqual([400, 800]);
  expect(waitBefore(100, 1)).toBe(10_000);
});
