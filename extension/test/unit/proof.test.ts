import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Prover } from "../../src/protocol/proof.ts";

/** The example of docs/protocol.md, which the server's tests hold against the server. */
const prose = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
const frames = prose
  .split("```json\n")
  .slice(1)
  .map((block) => JSON.parse(block.split("```", 1)[0] ?? ""));
const claim = frames.find(({ type, key }) => type === "hello" && key !== undefined);
const challenge = frames.find(({ type }) => type === "challenge");
const TOKEN = "an-example-of-a-token-that-pairing-has-made";

test("the proof of the protocol's example, whose token needs two blocks of the mask", async () => {
  const { proof } = frames.find(({ type }) => type === "proof");
  expect(await new Prover(TOKEN).answer(claim, challenge)).toBe(proof);
});

test("the claim names the token as in the example, and has the host and port of the URL", async () => {
  const { key, nonce, address } = await new Prover(TOKEN).claim("ws://127.0.0.1:22738/v1/socket");
  expect({ key, address }).toEqual({ key: claim.key, address: claim.address });
  expect(nonce).toMatch(/^[A-Za-z0-9_-]{22,64}$/);
});

test("each claim has another nonce", async () => {
  const prover = new Prover(TOKEN);
  const claims = await Promise.all(Array.from({ length: 20 }, () => prover.claim("ws://127.0.0.1:22738/")));
  expect(new Set(claims.map(({ nonce }) => nonce)).size).toBe(20);
});

test.each([
  ["another token", "another", {}],
  ["another nonce of the client", TOKEN, { nonce: "another-nonce-of-a-client" }],
  ["another address", TOKEN, { address: "127.0.0.1:9000" }],
])("a server's proof for %s is not answered", async (_, token, changed) => {
  expect(await new Prover(token).answer({ ...claim, ...changed }, challenge)).toBeNull();
});

test.each(["", "x", "0".repeat(64)])("the proof %j is not answered", async (proof) => {
  expect(await new Prover(TOKEN).answer(claim, { ...challenge, proof })).toBeNull();
});
