import { beforeEach, expect, test } from "vitest";
import { Connection, type ConnectionState, type Server } from "../../src/protocol/connection.ts";
import type { ServerFrame } from "../../src/protocol/frames.ts";

class FakeSocket {
  readyState = 1;
  readonly sent: { type: string }[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: unknown }) => void = () => {};
  onclose: (event: { code: number }) => void = () => {};
  send(data: string) {
    this.sent.push(JSON.parse(data));
  }
  close() {
    this.readyState = 3;
  }
}

interface Timer {
  readonly callback: () => void;
  readonly ms: number;
}

let sockets: FakeSocket[];
let timers: Set<Timer>;
let states: ConnectionState[];
let frames: ServerFrame[];
let connection: Connection;

const newest = () => sockets.at(-1) as FakeSocket;
const fire = () => {
  const [timer] = timers;
  if (!timer) throw new Error("no timer is set");
  timers.delete(timer);
  timer.callback();
  return timer.ms;
};
/** Lets the promises of the connection go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const say = (frame: object) => newest().onmessage({ data: JSON.stringify(frame) });
const CLAIM = { key: "key", nonce: "nonce", address: "host" };
const CHALLENGE = { type: "challenge", nonce: "the server's", proof: "right" };
const WELCOME = { type: "welcome", version: 1, model: "m", budget_ms: 300, limits: { context_chars: 500 } };
const prove = async () => {
  newest().onopen();
  await settle();
  say(CHALLENGE);
  await settle();
};
const welcome = async () => {
  await prove();
  say(WELCOME);
};

const connectionTo = (server: Server) =>
  new Connection(
    server,
    "test/1",
    { state: (state) => states.push(state), welcome() {}, frame: (frame) => frames.push(frame) },
    {
      open: () => {
        sockets.push(new FakeSocket());
        return newest() as unknown as WebSocket;
      },
      setTimeout: (callback, ms) => {
        const timer = { callback, ms };
        timers.add(timer);
        return timer;
      },
      clearTimeout: (timer) => timers.delete(timer as Timer),
      random: () => 0.5,
      prover: (token) => ({
        claim: () => Promise.resolve(CLAIM),
        answer: (_, { proof }) => Promise.resolve(proof === "right" ? `of ${token}` : null),
      }),
    },
  );

beforeEach(() => {
  sockets = [];
  timers = new Set();
  states = [];
  frames = [];
  connection = connectionTo({ socketUrl: "ws://host/v1/socket", token: "secret" });
});

test("it sends a claim first, then its proof, and nothing else before welcome", async () => {
  connection.open();
  expect(connection.send({ type: "close", field: "f" })).toBe(false);
  newest().onopen();
  await settle();
  const hello = { type: "hello", ...CLAIM, client: "test/1" };
  expect(newest().sent).toEqual([hello]);
  say(CHALLENGE);
  await settle();
  expect(newest().sent).toEqual([hello, { type: "proof", proof: "of secret" }]);
  expect(connection.send({ type: "close", field: "f" })).toBe(false);
  say(WELCOME);
  expect(connection.send({ type: "close", field: "f" })).toBe(true);
  expect(states).toEqual(["connecting", "ready"]);
});

test.each([
  ["a welcome without a proof", WELCOME],
  ["a wrong proof", { ...CHALLENGE, proof: "wrong" }],
  ["a suggestion", { type: "suggestion", field: "f", seq: 1, text: "x" }],
])("a program that answers with %s gets nothing but the claim, and the connection retries", async (_, frame) => {
  connection.open();
  newest().onopen();
  await settle();
  say(frame);
  await settle();
  expect(newest().sent.map(({ type }) => type)).toEqual(["hello"]);
  expect(newest().readyState).toBe(3);
  expect(connection.send({ type: "close", field: "f" })).toBe(false);
  expect(frames).toEqual([]);
  expect(states).toEqual(["connecting", "unproven"]);
  fire();
  await welcome();
  expect(states).toEqual(["connecting", "unproven", "ready"]);
});

const SIGNED = "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiIxIn0.c2lnbmVk";

test("a signed token is sent over TLS, where the certificate proves the server", async () => {
  connection = connectionTo({ socketUrl: "wss://host/v1/socket", token: SIGNED });
  connection.open();
  newest().onopen();
  await settle();
  expect(newest().sent).toEqual([{ type: "hello", token: SIGNED, client: "test/1" }]);
  say(WELCOME);
  expect(states).toEqual(["connecting", "ready"]);
});

test.each([
  ["a signed token without TLS", "ws://127.0.0.1/v1/socket", SIGNED],
  ["another token over TLS", "wss://host/v1/socket", "a-token-from-pairing"],
])("%s is not sent", async (_, socketUrl, token) => {
  connection = connectionTo({ socketUrl, token });
  connection.open();
  newest().onopen();
  await settle();
  expect(newest().sent).toEqual([{ type: "hello", ...CLAIM, client: "test/1" }]);
});

test("each connection is proved anew", async () => {
  connection.open();
  await welcome();
  newest().onclose({ code: 1006 });
  fire();
  newest().onopen();
  await settle();
  say(WELCOME);
  expect(states).toEqual(["connecting", "ready", "lost", "unproven"]);
});

test("a proof for a socket that was dropped meanwhile is not sent", async () => {
  connection.open();
  newest().onopen();
  await settle();
  say(CHALLENGE);
  connection.close();
  await settle();
  expect(newest().sent.map(({ type }) => type)).toEqual(["hello"]);
});

test("it reconnects by itself after growing waits, which begin at the shortest again after a welcome", async () => {
  connection.open();
  const waits = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    newest().onclose({ code: 1006 });
    waits.push(fire());
  }
  expect(waits).toEqual([200, 600, 1200]);
  await welcome();
  newest().onclose({ code: 1012 });
  expect(fire()).toBe(200);
  expect(states).toEqual(["connecting", "lost", "ready", "lost"]);
});

test("a server that shuts down says how long to wait, once", async () => {
  connection.open();
  await welcome();
  say({ type: "error", code: "draining", message: "…", retry_ms: 70 });
  newest().onclose({ code: 1012 });
  expect(fire()).toBe(70);
  newest().onclose({ code: 1006 });
  expect(fire()).toBe(600);
});

test("there is no retry with a refused token", () => {
  connection.open();
  newest().onopen();
  newest().onclose({ code: 4401 });
  expect(states.at(-1)).toBe("refused");
  expect(timers.size).toBe(0);
});

test("a server that accepts the connection and sends nothing counts as lost", () => {
  connection.open();
  newest().onopen();
  fire();
  expect(states.at(-1)).toBe("lost");
});

test("events of a dropped socket are ignored", () => {
  connection.open();
  const old = newest();
  connection.close();
  old.onopen();
  old.onclose({ code: 1006 });
  expect(states).toEqual(["connecting", "closed"]);
  expect(old.sent).toEqual([]);
});

test("frames that can't be read are ignored", async () => {
  connection.open();
  await welcome();
  for (const data of ["", "{", "[]", "null", '{"type":"later"}', '{"type":"suggestion"}', new ArrayBuffer(1)])
    newest().onmessage({ data });
  expect(frames).toEqual([]);
});
