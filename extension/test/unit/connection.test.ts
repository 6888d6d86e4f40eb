import { beforeEach, expect, test } from "vitest";
import { Connection, type ConnectionState } from "../../src/protocol/connection.ts";
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
const welcome = () => {
  newest().onopen();
  newest().onmessage({
    data: '{"type":"welcome","version":1,"model":"m","budget_ms":300,"limits":{"context_chars":500}}',
  });
};

beforeEach(() => {
  sockets = [];
  timers = new Set();
  states = [];
  frames = [];
  connection = new Connection(
    { socketUrl: "ws://host/v1/socket", token: "secret" },
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
    },
  );
});

test("it sends hello first, and nothing else before welcome", () => {
  connection.open();
  expect(connection.send({ type: "close", field: "f" })).toBe(false);
  newest().onopen();
  expect(newest().sent).toEqual([{ type: "hello", token: "secret", client: "test/1" }]);
  welcome();
  expect(connection.send({ type: "close", field: "f" })).toBe(true);
  expect(states).toEqual(["connecting", "ready"]);
});

test("it reconnects by itself after growing waits, which begin at the shortest again after a welcome", () => {
  connection.open();
  const waits = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    newest().onclose({ code: 1006 });
    waits.push(fire());
  }
  expect(waits).toEqual([300, 600, 1200]);
  welcome();
  newest().onclose({ code: 1012 });
  expect(fire()).toBe(300);
  expect(states).toEqual(["connecting", "lost", "ready", "lost"]);
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

test("frames that can't be read are ignored", () => {
  connection.open();
  welcome();
  for (const data of ["", "{", "[]", "null", '{"type":"later"}', '{"type":"suggestion"}', new ArrayBuffer(1)])
    newest().onmessage({ data });
  expect(frames).toEqual([]);
});
