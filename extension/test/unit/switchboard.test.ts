import { beforeEach, expect, test } from "vitest";
import { Switchboard } from "../../src/background/switchboard.ts";
import type { ToPage } from "../../src/messages.ts";
import { DEFAULTS } from "../../src/preferences.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import type { ClientFrame, SuggestionFrame } from "../../src/protocol/frames.ts";

let sent: ClientFrame[];
let opened: number;
let closed: number;
let doubted: number;
let timer: { callback: () => void; ms: number } | null;
let switchboard: Switchboard;
let now: number;

const page = (...hosts: string[]) => {
  const posted: ToPage[] = [];
  return { posted, ...switchboard.join({ post: (message) => posted.push(message), hosts }) };
};
type Page = ReturnType<typeof page>;
const keystroke = (before: string, seq = 1) =>
  ({ type: "keystroke", field: "f1", seq, before, after: "", kind: "text" }) as const;
const suggestion = (field: string, seq = 1): SuggestionFrame => ({
  type: "suggestion",
  field,
  seq,
  text: "ere",
  final: true,
  confidence: 0.5,
  source: "tree",
  elapsedMs: 1,
});
const welcome = { type: "welcome", model: "m", models: ["m"], budgetMs: 300, contextChars: 500 } as const;

beforeEach(() => {
  sent = [];
  opened = 0;
  closed = 0;
  doubted = 0;
  timer = null;
  now = 1000;
  switchboard = new Switchboard({
    setTimeout: (callback, ms) => {
      timer = { callback, ms };
      return timer;
    },
    now: () => now,
    clearTimeout: () => {
      timer = null;
    },
  });
  const connection = {
    open: () => {
      opened += 1;
    },
    close: () => {
      closed += 1;
    },
    doubt: () => {
      doubted += 1;
    },
    send: (frame: ClientFrame) => sent.push(frame) > 0,
  };
  switchboard.use(connection as unknown as Connection);
  switchboard.prefer(DEFAULTS);
});

test("fields of two pages with the same name are different fields, and each gets its own answer", () => {
  const [one, two] = [page(), page()];
  one.receive(keystroke("Hi"));
  two.receive(keystroke("Ho"));
  expect(sent.map((frame) => "field" in frame && frame.field)).toEqual(["1.f1", "2.f1"]);
  switchboard.fromServer(suggestion("2.f1"));
  expect(one.posted.filter(({ type }) => type === "answer")).toEqual([]);
  expect(two.posted.at(-1)).toMatchObject({ type: "answer", field: "f1", answer: { seq: 1, text: "ere" } });
});

test("a page learns after a while that the server had no time, and nothing of other errors", () => {
  const one = page();
  one.receive(keystroke("Hi"));
  const answers = () => one.posted.filter(({ type }) => type === "answer");
  const error = { type: "error", field: "1.f1", seq: 1 } as const;
  timer = null;
  switchboard.fromServer({ ...error, code: "rate_limited" });
  expect(timer).toBeNull();
  switchboard.fromServer({ ...error, code: "overloaded" });
  expect(answers()).toEqual([]);
  const waiting = timer as { callback: () => void; ms: number } | null;
  expect(waiting?.ms).toBeGreaterThanOrEqual(800);
  expect(waiting?.ms).toBeLessThanOrEqual(1600);
  waiting?.callback();
  const answer = { seq: 1, text: "", confidence: 0, final: true, reason: "budget" };
  expect(answers()).toEqual([{ type: "answer", field: "f1", answer }]);
});

test("it connects when a field is focused, and not before", () => {
  const one = page();
  expect(opened).toBe(0);
  one.receive({ type: "focused", hosts: ["example.org"] });
  expect(opened).toBe(1);
});

test("after a reconnection, keystrokes without an answer are sent again, and nothing else", () => {
  const one = page();
  one.receive(keystroke("Hi", 1));
  one.receive(keystroke("Hi t", 2));
  sent.length = 0;
  switchboard.welcome(welcome);
  expect(sent).toMatchObject([{ seq: 2, before: "Hi t" }]);
  switchboard.fromServer(suggestion("1.f1", 2));
  now += 10_000;
  sent.length = 0;
  switchboard.welcome(welcome);
  expect(sent).toEqual([]);
});

test("while the user types, a new server gets the text before the next key, and its answer changes nothing on the screen", () => {
  const one = page();
  one.receive(keystroke("Hi t", 2));
  switchboard.fromServer(suggestion("1.f1", 2));
  sent.length = 0;
  one.posted.length = 0;
  switchboard.welcome(welcome);
  expect(sent).toMatchObject([{ seq: 2, before: "Hi t" }]);
  switchboard.fromServer({ ...suggestion("1.f1", 2), text: "other" });
  expect(one.posted.filter(({ type }) => type === "answer")).toEqual([]);
  one.receive(keystroke("Hi th", 3));
  switchboard.fromServer(suggestion("1.f1", 3));
  expect(one.posted.at(-1)).toMatchObject({ type: "answer", answer: { seq: 3 } });
});

test("an error for an earlier key does not keep the text from a new server", () => {
  const one = page();
  one.receive(keystroke("Hi t", 1));
  one.receive(keystroke("Hi th", 2));
  switchboard.fromServer({ type: "error", code: "overloaded", field: "1.f1", seq: 1 });
  switchboard.fromServer(suggestion("1.f1", 2));
  sent.length = 0;
  switchboard.welcome(welcome);
  expect(sent).toMatchObject([{ seq: 2, before: "Hi th" }]);
});

test.each([
  ["the user has left", (one: Page) => one.receive({ type: "left", field: "f1" })],
  ["is on a site that was turned off", () => switchboard.prefer({ ...DEFAULTS, sitesOff: ["site.example"] })],
  ["is on a page that was closed", (one: Page) => one.leave()],
])("the text of a field that %s is not sent again", (_, happens) => {
  const one = page("site.example");
  one.receive({ type: "focused", hosts: ["site.example"] });
  one.receive(keystroke("Hi"));
  switchboard.fromServer(suggestion("1.f1"));
  happens(one);
  sent.length = 0;
  switchboard.welcome(welcome);
  expect(sent.filter(({ type }) => type === "keystroke")).toEqual([]);
});

test.each([
  ["draining", 1],
  ["overloaded", 0],
  ["rate_limited", 0],
  ["internal", 0],
])("after the error %s and a reconnection, the keystroke is sent again %i times", (code, times) => {
  const one = page();
  one.receive(keystroke("Hi"));
  one.posted.length = 0;
  switchboard.fromServer({ type: "error", code, field: "1.f1", seq: 1 });
  expect(one.posted).toEqual([]);
  sent.length = 0;
  switchboard.welcome(welcome);
  expect(sent.length).toBe(times);
});

test("keystrokes of a closed page are not sent again", () => {
  const one = page();
  one.receive(keystroke("Hi"));
  one.leave();
  sent.length = 0;
  switchboard.welcome(welcome);
  expect(sent).toEqual([]);
});

test("pages learn how much text the server wants", () => {
  const one = page();
  one.receive({ type: "focused", hosts: ["example.org"] });
  switchboard.welcome(welcome);
  expect(one.posted.at(-1)).toEqual({
    type: "context",
    chars: 500,
    codeToo: false,
    subjectToo: true,
    corrections: true,
    answeredToo: false,
    labelToo: true,
    learn: false,
    fieldsOff: [],
    on: true,
    besidePage: false,
    pausedUntil: 0,
    keys: DEFAULTS.keys,
    spoken: false,
  });
});

const LEARNING = { ...DEFAULTS, learnWords: true };
const learnt = () => sent.map((frame) => frame.type === "keystroke" && frame.learn === true);
const typing = (mayBeLearnt: boolean, ...hosts: string[]) => {
  const posted: ToPage[] = [];
  const joined = switchboard.join({ post: (message) => posted.push(message), hosts, mayBeLearnt });
  joined.receive({ type: "focused", hosts });
  return { posted, type: (byKey = false) => joined.receive({ ...keystroke("Hi"), learn: true, byKey }) };
};

test("words are learnt only if the user has switched it on, and not in private windows or on the extension's own pages", () => {
  const [open, closed] = [typing(true, "example.org"), typing(false, "example.org")];
  open.type();
  switchboard.prefer(LEARNING);
  expect(open.posted.at(-1)).toMatchObject({ learn: true });
  expect(closed.posted.at(-1)).toMatchObject({ learn: false });
  open.type();
  closed.type();
  switchboard.prefer(DEFAULTS);
  open.type();
  expect(learnt()).toEqual([false, true, false, false]);
});

test("on a site that is off and during a pause, what the user sends by the key is not learnt", () => {
  switchboard.prefer({ ...LEARNING, sitesOff: ["off.test"] });
  const [off, on] = [typing(true, "off.test"), typing(true, "example.org")];
  expect(off.posted.at(-1)).toMatchObject({ learn: false });
  off.type(true);
  on.type(true);
  switchboard.prefer({ ...LEARNING, pausedUntil: now + 1 });
  on.type(true);
  now += 1;
  on.type(true);
  expect(learnt()).toEqual([false, true, false, true]);
});

test("a keystroke that has waited for the server is not learnt if the user has switched learning off meanwhile", () => {
  switchboard.prefer(LEARNING);
  const one = typing(true, "example.org");
  one.type();
  switchboard.prefer(DEFAULTS);
  switchboard.welcome(welcome);
  expect(learnt()).toEqual([true, false]);
});

test("what stands around is sent only while the user allows it, also after a wait for the server", () => {
  const label = "Country";
  const context = { answered: "Are you free on Friday?", label };
  const one = page();
  const contexts = () => sent.map((frame) => frame.type === "keystroke" && frame.context);
  one.receive({ ...keystroke("Hi"), context });
  switchboard.prefer({ ...DEFAULTS, answeredToo: true });
  one.receive({ ...keystroke("Hi"), context });
  switchboard.prefer(DEFAULTS);
  switchboard.welcome(welcome);
  switchboard.prefer({ ...DEFAULTS, labelToo: false });
  switchboard.welcome(welcome);
  expect(contexts()).toEqual([{ label }, context, { label }, undefined]);
});

test("while a field has the focus, keep-alive messages are sent; when none has, the connection is closed", () => {
  const one = page();
  one.receive({ type: "focused", hosts: ["example.org"] });
  sent.length = 0;
  timer?.callback();
  expect(sent).toEqual([{ type: "close", field: "keepalive" }]);
  one.receive({ type: "left", field: "f1" });
  expect(closed).toBe(0);
  timer?.callback();
  expect(closed).toBe(1);
});

test("an open page learns that its site was turned off, and nothing of it is sent", () => {
  const one = page();
  one.receive({ type: "focused", hosts: ["inner.example", "example.org"] });
  expect(one.posted.at(-1)).toMatchObject({ type: "context", on: true });
  switchboard.prefer({ ...DEFAULTS, sitesOff: ["example.org"] });
  expect(one.posted.at(-1)).toMatchObject({ type: "context", on: false });
  sent.length = 0;
  one.receive(keystroke("Hi"));
  expect(sent).toEqual([]);
});

test("before the preferences have been read nothing is sent, and then only what they allow", () => {
  const connection = { open: () => {}, send: (frame: ClientFrame) => sent.push(frame) > 0 };
  switchboard = new Switchboard({ setTimeout: () => 0, clearTimeout: () => {}, now: () => now });
  switchboard.use(connection as unknown as Connection);
  const [off, on] = [page(), page()];
  off.receive({ type: "focused", hosts: ["example.org"] });
  off.receive(keystroke("Hi"));
  on.receive({ type: "focused", hosts: ["other.test"] });
  on.receive(keystroke("Ho"));
  switchboard.welcome(welcome);
  expect(sent).toEqual([]);
  expect([...off.posted, ...on.posted]).toEqual([]);
  switchboard.prefer({ ...DEFAULTS, sitesOff: ["example.org"] });
  expect(sent).toMatchObject([{ before: "Ho" }]);
  expect([off, on].map(({ posted }) => posted.at(-1))).toMatchObject([{ on: false }, { on: true }]);
});

test("a frame that does not know the pages around it is off if the site of its tab is off", () => {
  const frame = page("example.org");
  switchboard.prefer({ ...DEFAULTS, sitesOff: ["example.org"] });
  frame.receive({ type: "focused", hosts: ["inner.example"] });
  expect(frame.posted.at(-1)).toMatchObject({ type: "context", on: false });
  frame.receive(keystroke("Hi"));
  expect(sent).toEqual([]);
});

test("if an answer is overdue, the next key or the next keep-alive message makes the connection reconnect", () => {
  const one = page();
  one.receive(keystroke("Hi", 1));
  now += 4_999;
  one.receive(keystroke("Hi ", 2));
  expect(doubted).toBe(0);
  now += 1;
  one.receive(keystroke("Hi t", 3));
  expect(doubted).toBe(1);
  timer?.callback();
  expect(doubted).toBe(2);
  switchboard.fromServer(suggestion("1.f1", 3));
  now += 60_000;
  one.receive(keystroke("Hi th", 4));
  timer?.callback();
  expect(doubted).toBe(2);
});

test("typing again before the connection is closed keeps it open", () => {
  const one = page();
  one.receive({ type: "focused", hosts: ["example.org"] });
  now += 300_000;
  timer?.callback();
  now += 10_000;
  one.receive(keystroke("Hi"));
  timer?.callback();
  expect(closed).toBe(0);
});

test("during a pause nothing is sent, and after it keystrokes are sent again", () => {
  const one = page();
  one.receive({ type: "focused", hosts: ["example.org"] });
  switchboard.prefer({ ...DEFAULTS, pausedUntil: 2000 });
  expect(one.posted.at(-1)).toMatchObject({ on: true, pausedUntil: 2000 });
  one.receive(keystroke("Hi"));
  expect(sent).toEqual([]);
  now = 2000;
  one.receive(keystroke("Hi", 2));
  expect(sent).toHaveLength(1);
});

test("the server learns how much is wanted on the page's site, also when a keystroke waited for the settings", () => {
  const one = page("mail.test");
  one.receive({ type: "focused", hosts: ["mail.test"] });
  switchboard.prefer({ ...DEFAULTS, sureness: "calm", amounts: { "mail.test": { length: 1 } } });
  one.receive(keystroke("Hi"));
  expect(sent.at(-1)).toEqual({ ...keystroke("Hi"), field: "1.f1", sureness: "calm", max_words: 1 });
  switchboard.prefer({ ...DEFAULTS, amounts: { "mail.test": { sureness: "eager" } } });
  switchboard.welcome(welcome);
  expect(sent.at(-1)).toEqual({ ...keystroke("Hi"), field: "1.f1", sureness: "eager" });
});

test("by default, a keystroke has no members that an older server does not know", () => {
  const one = page();
  one.receive(keystroke("Hi"));
  expect(sent.at(-1)).toEqual({ ...keystroke("Hi"), field: "1.f1" });
});

test("where suggestions appear only when a key is pressed, only what was requested by the key is sent", () => {
  const one = page("mail.test");
  one.receive({ type: "focused", hosts: ["mail.test"] });
  switchboard.prefer({ ...DEFAULTS, amounts: { "mail.test": { moment: "key" } } });
  expect(one.posted.at(-1)).toMatchObject({ type: "context", on: false });
  one.receive(keystroke("Hi"));
  expect(sent).toEqual([]);
  one.receive({ ...keystroke("Hi t", 2), byKey: true });
  expect(sent).toEqual([{ ...keystroke("Hi t", 2), field: "1.f1", sureness: "eager" }]);
});

test("what was requested by a key is sent when the settings of a site that is off have been read", () => {
  const late = new Switchboard({ setTimeout: () => 0, clearTimeout: () => {}, now: () => now });
  late.use({
    open: () => {},
    close: () => {},
    doubt: () => {},
    send: (frame: ClientFrame) => sent.push(frame) > 0,
  } as unknown as Connection);
  const one = late.join({ post: () => {}, hosts: ["bank.test"] });
  one.receive({ type: "focused", hosts: ["bank.test"] });
  one.receive({ ...keystroke("Hi"), byKey: true });
  expect(sent).toEqual([]);
  late.prefer({ ...DEFAULTS, sitesOff: ["bank.test"] });
  expect(sent).toMatchObject([{ type: "keystroke", before: "Hi" }]);
});

test("a page learns whether suggestions appear beside its own, by its own host and those around it", () => {
  const one = page();
  one.receive({ type: "focused", hosts: ["frame.test", "mail.test"] });
  switchboard.prefer({ ...DEFAULTS, besidePage: ["mail.test"] });
  expect(one.posted.at(-1)).toMatchObject({ type: "context", besidePage: true });
  switchboard.prefer({ ...DEFAULTS, besidePage: ["other.test"] });
  expect(one.posted.at(-1)).toMatchObject({ type: "context", besidePage: false });
});
