import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Switchboard } from "../../src/background/switchboard.ts";
import type { ToPage } from "../../src/messages.ts";
import { DEFAULTS } from "../../src/preferences.ts";
import { Connection } from "../../src/protocol/connection.ts";

/** Fifty hours without typing, with the real parts of the service worker and a fake clock. */
const FIFTY_HOURS_MS = 50 * 3_600_000;

class Socket {
  readyState = 1;
  readonly sent: Record<string, unknown>[] = [];
  onopen = () => {};
  onmessage = (_: { data: unknown }) => {};
  onclose = (_: { code: number }) => {};

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {
    this.readyState = 3;
  }

  say(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

let sockets: Socket[];
let posted: ToPage[];
let switchboard: Switchboard;
let page: ReturnType<Switchboard["join"]>;

const open = () => sockets.filter(({ readyState }) => readyState === 1);

/** The server accepts the newest socket. */
async function welcomeNewest(): Promise<Socket> {
  const socket = sockets.at(-1) as Socket;
  socket.onopen();
  await vi.advanceTimersByTimeAsync(0);
  socket.say({ type: "challenge", nonce: "n", proof: "right" });
  await vi.advanceTimersByTimeAsync(0);
  socket.say({
    type: "welcome",
    version: 1,
    model: "m",
    budget_ms: 300,
    limits: { context_chars: 500, fields: 64, message_bytes: 32768 },
  });
  return socket;
}

function type(before: string, seq: number): void {
  page.receive({ type: "keystroke", field: "f", seq, before, after: "", kind: "text" });
}

function answer(socket: Socket, seq: number): void {
  socket.say({
    type: "suggestion",
    field: "1.f",
    seq,
    text: "",
    final: true,
    confidence: 0,
    source: "tree",
    elapsed_ms: 1,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  posted = [];
  switchboard = new Switchboard({
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    now: () => Date.now(),
  });
  const connection = new Connection(
    { socketUrl: "ws://127.0.0.1/v1/socket", token: "t" },
    "test/1",
    {
      state: (state) => switchboard.state(state),
      welcome: (welcome) => switchboard.welcome(welcome),
      frame: (frame) => switchboard.fromServer(frame),
    },
    {
      open: () => {
        sockets.push(new Socket());
        return sockets.at(-1) as unknown as WebSocket;
      },
      setTimeout: (callback, ms) => setTimeout(callback, ms),
      clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      random: () => 0.5,
      prover: () => ({
        claim: () => Promise.resolve({ key: "k", nonce: "n", address: "127.0.0.1" }),
        answer: () => Promise.resolve("proof"),
      }),
    },
  );
  switchboard.use(connection);
  switchboard.prefer(DEFAULTS);
  page = switchboard.join({ post: (message) => posted.push(message) });
});
afterEach(() => vi.useRealTimers());

test.each([
  ["the field has been left", true],
  ["the field still has the focus", false],
])(
  "in fifty hours without use, if %s, there is no socket and no timer, and the first key after them is sent at once",
  async (_, left) => {
    page.receive({ type: "focused", hosts: ["a.test"] });
    type("Hel", 1);
    const first = await welcomeNewest();
    answer(first, 1);
    if (left) page.receive({ type: "left", field: "f" });
    const before = posted.length;

    vi.advanceTimersByTime(FIFTY_HOURS_MS);

    expect(open()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(sockets.length).toBe(1);
    expect(posted.length).toBe(before);

    if (left) page.receive({ type: "focused", hosts: ["a.test"] });
    type("Hell", 2);
    expect(open().length).toBe(1);
    const socket = await welcomeNewest();
    expect(socket.sent.map(({ type }) => type)).toEqual(["hello", "proof", "keystroke"]);
    socket.say({
      type: "suggestion",
      field: socket.sent.at(-1)?.field,
      seq: 2,
      text: "o",
      confidence: 0.9,
      alternatives: [],
      final: true,
      elapsed_ms: 1,
      source: "tree",
    });
    expect(posted.at(-1)).toMatchObject({ type: "answer", field: "f", answer: { seq: 2, text: "o" } });
  },
);

test("if the user types now and then, the connection stays open", async () => {
  page.receive({ type: "focused", hosts: ["a.test"] });
  type("Hel", 1);
  const socket = await welcomeNewest();
  answer(socket, 1);
  for (let seq = 2; seq < 50; seq++) {
    vi.advanceTimersByTime(240_000);
    type(`Hel${"o".repeat(seq)}`, seq);
    answer(socket, seq);
  }
  expect(open()).toEqual([socket]);
});
