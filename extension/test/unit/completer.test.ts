import { beforeEach, expect, test, vi } from "vitest";
import type { Client, Keystroke } from "../../src/ghost/client.ts";
import { Completer } from "../../src/ghost/completer.ts";
import type { Answer } from "../../src/ghost/conversation.ts";
import type { Field, FieldText, Written } from "../../src/ghost/fields/field.ts";
import type { FieldKind } from "../../src/ghost/fields/field-kind.ts";
import { DEFAULT_KEYS } from "../../src/ghost/keys.ts";
import type { Placement } from "../../src/ghost/placement.ts";
import type { Screen } from "../../src/ghost/screen.ts";
import type { SnippetOffer } from "../../src/ghost/snippet.ts";
import { press } from "./press.ts";

class RecordingClient implements Client {
  contextChars = 100;
  codeToo = false;
  subjectToo = true;
  corrections = true;
  answeredToo = true;
  labelToo = true;
  learn = false;
  fieldsOff: FieldKind[] = [];
  on = true;
  spoken = false;
  besidePage = false;
  keys = DEFAULT_KEYS;
  readonly log: string[] = [];
  readonly asked: Keystroke[] = [];
  answer: (field: string, answer: Answer) => void = () => {};
  onAnswer(listener: (field: string, answer: Answer) => void) {
    this.answer = listener;
  }
  offer: (field: string, offer: SnippetOffer) => void = () => {};
  onSnippet(listener: (field: string, offer: SnippetOffer) => void) {
    this.offer = listener;
  }
  keystroke(keystroke: Keystroke) {
    this.asked.push(keystroke);
    this.log.push(`keystroke ${keystroke.field} ${keystroke.seq} ${keystroke.before}`);
  }
  accepted(field: string, seq: number, text: string, presses: number) {
    this.log.push(`accepted ${field} ${seq} ${text} with ${presses}`);
  }
  snippetTaken(length: number, presses: number) {
    this.log.push(`snippet of ${length} with ${presses}`);
  }
  takenBack(length: number, presses: number) {
    this.log.push(`taken back ${length} with ${presses}`);
  }
  takenAgain(length: number, presses: number) {
    this.log.push(`taken again ${length} with ${presses}`);
  }
  dismissed(field: string, seq: number) {
    this.log.push(`dismissed ${field} ${seq}`);
  }
  forget: () => void = () => {};
  onForgotten(listener: () => void) {
    this.forget = listener;
  }
  correctionSentence(chord: string, replaced: string, text: string) {
    return `${chord}: ${text} for ${replaced}`;
  }
  onChange() {}
  focused() {}
  left(field: string) {
    this.log.push(`left ${field}`);
  }
}

class FakeScreen implements Screen {
  text: string | null = null;
  canBeSeen = true;
  show(text: string) {
    this.text = this.canBeSeen ? text : null;
    return this.text;
  }
  doubt() {}
  hide() {
    this.text = null;
  }
  leave() {
    this.text = null;
  }
  isStillSeen() {
    return this.canBeSeen;
  }
}

class FakeField implements Field {
  readonly element = {} as HTMLElement;
  kind: FieldKind = "text";
  oneLine = false;
  takesLines = true;
  room = Number.POSITIVE_INFINITY;
  hasPageSuggestion = false;
  subject = "";
  /** How often the page was searched for the mail that is answered. */
  searches = 0;
  mail = "";
  label = "";
  get answered(): string {
    this.searches += 1;
    return this.mail;
  }
  readable = true;
  reads = 0;
  before = "";
  after = "";
  writes: Written = "written";
  read(limit: number): FieldText {
    this.reads += 1;
    return { before: this.before.slice(-limit), after: this.after, selected: false, room: this.room };
  }
  placement(): Placement {
    return { rightToLeft: false } as Placement;
  }
  async insert(text: string): Promise<Written> {
    if (this.writes === "written") this.before += text;
    await this.settled;
    return this.writes;
  }
  async replace(typed: string, text: string): Promise<Written> {
    this.before = this.before.slice(0, this.before.length - typed.length) + text;
    return "written";
  }
  /** An editor with its own model may take the text later. */
  settled: Promise<void> | null = null;
}

let client: RecordingClient;
let screen: FakeScreen;
let field: FakeField;
let completer: Completer;

function type(text: string): void {
  for (const letter of text) {
    field.before += letter;
    completer.changed();
  }
}

function answer(text: string, changes: Partial<Answer> = {}): void {
  const { field: name, seq } = client.asked.at(-1) as Keystroke;
  client.answer(name, { seq, text, confidence: 0.5, final: true, ...changes });
}

beforeEach(() => {
  client = new RecordingClient();
  screen = new FakeScreen();
  field = new FakeField();
  completer = new Completer(client, screen);
  completer.enter(field);
});

test("the subject of the mail is sent with its text, unless the user has turned that off", () => {
  field.subject = "Lunch";
  type("H");
  client.subjectToo = false;
  type("i");
  field.subject = "";
  client.subjectToo = true;
  type("!");
  expect(client.asked.map(({ subject }) => subject)).toEqual(["Lunch", undefined, undefined]);
});

test("the mail that is answered is looked for once a field, and only if the user has allowed that", () => {
  client.answeredToo = false;
  field.mail = "Are you free on Friday?";
  type("H");
  expect(field.searches).toBe(0);
  client.answeredToo = true;
  type("i");
  field.mail = "And on Monday?";
  type("!");
  client.answeredToo = false;
  type("?");
  const seen = { answered: "Are you free on Friday?" };
  expect(client.asked.map(({ context }) => context)).toEqual([undefined, seen, seen, undefined]);
  expect(field.searches).toBe(1);
});

test("the mail that is answered is sent before the first letter is typed, once", () => {
  field.mail = "Are you free on Friday?";
  completer.changed();
  field.before = " ";
  completer.changed();
  type("Y");
  expect(client.asked.map(({ before, context }) => [before, context?.answered])).toEqual([
    ["", field.mail],
    [" Y", field.mail],
  ]);
});

test("the label is sent with the text, as it was at the first letter, unless the user has turned that off", () => {
  field.label = "Country";
  completer.changed();
  type("I");
  field.label = "City";
  type("t");
  client.labelToo = false;
  type("a");
  const seen = { label: "Country" };
  expect(client.asked.map(({ context }) => context)).toEqual([seen, seen, undefined]);
});

test("an empty field without a mail that is answered is not sent", () => {
  completer.changed();
  client.answeredToo = false;
  field.mail = "Are you free on Friday?";
  completer.changed();
  expect(client.asked).toEqual([]);
});

test("what is typed may be learnt only if the page may be learnt from, and not in code", () => {
  type("a");
  client.learn = true;
  type("b");
  client.codeToo = true;
  field.kind = "code";
  type("c");
  field.kind = "search";
  type("d");
  expect(client.asked.map(({ before, learn }) => [before, learn])).toEqual([
    ["a", undefined],
    ["ab", true],
    ["abc", undefined],
    ["abcd", true],
  ]);
});

test("when Enter has emptied the field of a chat, the server may learn the message; what the user deletes is not left", () => {
  client.learn = true;
  type("Hi Zoë");
  completer.press(press("Backspace"));
  field.before = "";
  completer.changed();
  type("Hello");
  completer.press(press("Enter"));
  field.before = "";
  completer.changed();
  completer.changed();
  type("B");
  expect(client.log.slice(-3)).toEqual([
    expect.stringMatching(/^keystroke f1 \d+ Hello$/),
    "left f1",
    expect.stringMatching(/^keystroke f1 \d+ B$/),
  ]);
  expect(client.log.filter((line) => line.startsWith("left"))).toHaveLength(1);
});

test("the next message of a chat may begin before anything has said that the field is empty", () => {
  client.learn = true;
  type("Hello");
  completer.press(press("Enter"));
  field.before = "";
  completer.press(press("B"));
  type("B");
  expect(client.log.slice(-2)).toEqual(["left f1", expect.stringMatching(/^keystroke f1 \d+ B$/)]);
});

test("every change of the text causes one request", () => {
  type("Hi");
  completer.changed();
  expect(client.log).toEqual(["keystroke f1 1 H", "keystroke f1 2 Hi"]);
});

test("an answer is drawn, and typing what is suggested keeps the rest without a new answer", () => {
  type("Hi th");
  answer("ere, Ann");
  expect(screen.text).toBe("ere, Ann");
  type("ere");
  expect(screen.text).toBe(", Ann");
});

test("Tab accepts the next word, tells the server, and asks at once about the new text", async () => {
  type("Hi th");
  answer("ere, Ann");
  client.log.length = 0;
  expect(completer.press(press("Tab"))).toBe(true);
  await vi.waitFor(() => expect(client.log).toHaveLength(2));
  expect(field.before).toBe("Hi there");
  expect(screen.text).toBe(", Ann");
  expect(client.log).toEqual(["accepted f1 5 ere with 1", "keystroke f1 6 Hi there"]);
});

test("the keys for another suggestion are reported with the key that accepts it, and only once", async () => {
  type("Hi th");
  answer("ere, Ann", { alternatives: ["at, Bob"] });
  const accepted = () => client.log.filter((line) => line.startsWith("accepted"));
  expect(completer.press(press("ArrowDown", { altKey: true }))).toBe(true);
  expect(completer.press(press("ArrowDown", { altKey: true }))).toBe(true);
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(accepted()).toHaveLength(1));
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(accepted()).toHaveLength(2));
  expect(accepted().map((line) => line.slice(-6))).toEqual(["with 3", "with 1"]);
});

const undo = (before: string): void => {
  completer.press(press("z", { ctrlKey: true }));
  field.before = before;
  completer.changed();
};
const redo = (before: string, key = "Z"): void => {
  completer.press(press("Control", { ctrlKey: true }));
  completer.press(press(key, { ctrlKey: true, shiftKey: key === "Z" }));
  field.before = before;
  completer.changed();
};
const takenBack = () => client.log.filter((line) => line.startsWith("taken back"));
const takenAgain = () => client.log.filter((line) => line.startsWith("taken again"));

/** The user accepts "ere", then the rest of "Hi there, Ann". */
const acceptTwice = async (): Promise<void> => {
  type("Hi th");
  answer("ere, Ann");
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(field.before).toMatch(/Hi there$/));
  await vi.waitFor(() => expect(screen.text).toBe(", Ann"));
  completer.press(press("ArrowRight"));
  await vi.waitFor(() => expect(field.before).toMatch(/Hi there, Ann$/));
  await vi.waitFor(() => expect(screen.text).toBeNull());
};

test("an accepted text that is undone is taken back once, also after others; if it is redone, it counts again", async () => {
  await acceptTwice();
  undo("Hi there");
  expect(takenBack()).toEqual(["taken back 5 with 1"]);
  undo("Hi th");
  expect(takenBack()).toEqual(["taken back 5 with 1", "taken back 3 with 1"]);
  redo("Hi there");
  expect(takenAgain()).toEqual(["taken again 3 with 1"]);
  redo("Hi there, Ann", "y");
  expect(takenAgain()).toEqual(["taken again 3 with 1", "taken again 5 with 1"]);
  undo("Hi there");
  expect(takenBack()).toHaveLength(3);
});

test("an editor may undo and redo both texts in one step", async () => {
  await acceptTwice();
  undo("Hi th");
  expect(takenBack()).toHaveLength(2);
  redo("Hi there, Ann");
  expect(takenAgain()).toEqual(["taken again 3 with 1", "taken again 5 with 1"]);
});

test("if an editor redoes only typed letters, or redo does nothing, no text counts again", async () => {
  await acceptTwice();
  undo("Hi");
  redo("Hi th");
  expect(takenAgain()).toEqual([]);
  redo("Hi th");
  expect(takenAgain()).toEqual([]);
});

test("once other text is typed after an undo, the same text does not count again, even if the user presses redo after it", async () => {
  await acceptTwice();
  undo("Hi there");
  completer.press(press(","));
  type("Hi there, Ann");
  redo("Hi there, Ann");
  expect(takenAgain()).toEqual([]);
});

test("a caret that moves between undo and redo changes nothing", async () => {
  await acceptTwice();
  undo("Hi there");
  completer.press(press("ArrowLeft"));
  field.before = "Hi ther";
  field.after = "e";
  completer.changed();
  field.after = "";
  completer.stepped("redo");
  field.before = "Hi there, Ann";
  completer.changed();
  expect(takenAgain()).toEqual(["taken again 5 with 1"]);
});

test("an undo from a menu, or of more than the accepted text, takes it back, too", async () => {
  type("Hi th");
  answer("ere, Ann");
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(screen.text).toBe(", Ann"));
  completer.stepped("undo");
  field.before = "";
  completer.changed();
  expect(takenBack()).toEqual(["taken back 3 with 1"]);
});

test("an accepted text stays counted if only later letters are undone, or if the user deletes it", async () => {
  type("Hi th");
  answer("ere, Ann");
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(screen.text).toBe(", Ann"));
  type("!");
  undo("Hi there");
  completer.press(press("Backspace", { ctrlKey: true }));
  field.before = "Hi ";
  completer.changed();
  expect(takenBack()).toEqual([]);
});

test("all this is also true at the end of a text that is longer than what is read of it", async () => {
  const earlier = Array.from({ length: 40 }, (_, index) => `Line ${index}. `).join("");
  field.before = earlier;
  completer.changed();
  await acceptTwice();
  undo(`${earlier}Hi th`);
  expect(takenBack()).toEqual(["taken back 3 with 1", "taken back 5 with 1"]);
  completer.press(press("Home"));
  field.before = earlier.slice(0, -3);
  field.after = `${earlier.slice(-3)}Hi th`;
  completer.changed();
  field.after = "";
  redo(`${earlier}Hi there`);
  redo(`${earlier}Hi there, Ann`);
  expect(takenAgain()).toEqual(["taken again 3 with 1", "taken again 5 with 1"]);
  type("!");
  undo(`${earlier}Hi there, Ann`);
  expect(takenBack()).toHaveLength(2);
});

test("if nothing is drawn, Tab goes to the page", () => {
  type("Hi");
  expect(completer.press(press("Tab"))).toBe(false);
});

test("if something covers the ghost text, Tab goes to the page", () => {
  type("Hi th");
  answer("ere, Ann");
  screen.canBeSeen = false;
  expect(completer.press(press("Tab"))).toBe(false);
  expect(screen.text).toBeNull();
});

test("if the drawn suggestion does not fit any more, Tab goes to the page", () => {
  type("Hi th");
  answer("ere");
  field.before = "Other text";
  expect(completer.press(press("Tab"))).toBe(false);
  expect(field.before).toBe("Other text");
  expect(screen.text).toBeNull();
});

test("Escape dismisses the suggestion and tells the server which one", () => {
  type("Hi th");
  answer("ere");
  expect(completer.press(press("Escape"))).toBe(true);
  expect(screen.text).toBeNull();
  expect(client.log.at(-1)).toBe("dismissed f1 5");
  expect(completer.press(press("Escape"))).toBe(false);
});

test("an answer causes a drawing only if something is drawn, or is to be drawn", () => {
  const drawing = vi.fn(() => completer.changed());
  completer.onAnswer(drawing);
  type("Nobody");
  answer("");
  expect(drawing).not.toHaveBeenCalled();
  type(" h");
  answer("ere");
  expect(drawing).toHaveBeenCalledTimes(1);
  expect(screen.text).toBe("ere");
  answer("");
  expect(drawing).toHaveBeenCalledTimes(2);
  expect(screen.text).toBeNull();
});

test("a closed field is never read, and ghost text goes when the field closes", () => {
  type("Hi th");
  answer("ere");
  field.readable = false;
  const { reads } = field;
  completer.changed();
  expect(field.reads).toBe(reads);
  expect(screen.text).toBeNull();
});

test("code editors get suggestions only if that is turned on", () => {
  field.kind = "code";
  type("let it");
  expect(client.asked).toEqual([]);
  client.codeToo = true;
  type(" b");
  expect(client.asked.at(-1)).toMatchObject({ before: "let it b", kind: "text" });
});

test("a kind of field that is turned off gets no suggestions until it is turned on", () => {
  field.kind = "search";
  client.fieldsOff = ["search"];
  type("let it b");
  expect(client.asked).toEqual([]);
  client.fieldsOff = [];
  completer.changed();
  expect(client.asked.at(-1)).toMatchObject({ before: "let it b", kind: "search" });
});

test("the server is told that a single-line field is text", () => {
  field.kind = "line";
  type("let it b");
  expect(client.asked.at(-1)).toMatchObject({ kind: "text" });
});

test("in a field of one line, Tab after a value that may be complete goes to the page", () => {
  field.oneLine = true;
  type("Bill");
  answer("ing", { confidence: 0.4 });
  expect(screen.text).toBeNull();
  expect(completer.press(press("Tab"))).toBe(false);
  answer("ing", { confidence: 0.9 });
  expect(screen.text).toBe("ing");
  expect(completer.press(press("Tab"))).toBe(true);
});

test("a suggestion of one letter takes no key", () => {
  type("South Africa");
  answer("n");
  expect(completer.press(press("Tab"))).toBe(false);
  expect(completer.press(press("ArrowRight"))).toBe(false);
});

test("on a page that is turned off nothing is read, and ghost text goes", () => {
  type("Hi th");
  answer("ere");
  client.on = false;
  const { reads } = field;
  completer.changed();
  expect(screen.text).toBeNull();
  type("e");
  expect(field.reads).toBe(reads);
});

test("during a composition nothing is drawn, requested or accepted", () => {
  type("Hi th");
  answer("ere");
  completer.compose(true);
  expect(screen.text).toBeNull();
  const { length } = client.log;
  type("e");
  expect(client.log).toHaveLength(length);
  expect(completer.press(press("Tab"))).toBe(false);
  completer.compose(false);
  expect(screen.text).toBe("re");
});

test("a key that is pressed during a write is handled after it", async () => {
  type("Hi th");
  answer("ere, Ann");
  let settle = () => {};
  field.settled = new Promise((resolve) => {
    settle = resolve;
  });
  completer.press(press("Tab"));
  expect(completer.press(press("Tab"))).toBe(true);
  expect(field.before).toBe("Hi there");
  field.settled = null;
  settle();
  await vi.waitFor(() => expect(field.before).toBe("Hi there, Ann"));
  await vi.waitFor(() => expect(client.log.filter((line) => line.startsWith("accepted"))).toHaveLength(2));
});

test("a failed write is not repeated, and the field gets no more suggestions", async () => {
  type("Hi th");
  answer("ere");
  field.writes = "unverified";
  expect(completer.press(press("Tab"))).toBe(true);
  await vi.waitFor(() => expect(screen.text).toBeNull());
  expect(client.log.some((line) => line.startsWith("accepted"))).toBe(false);
  type("x");
  expect(completer.press(press("Tab"))).toBe(false);
});

test("a field that took a word, and then no more, gets suggestions again after its next change", async () => {
  type("Hi th");
  answer("ere, Ann");
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(screen.text).toBe(", Ann"));
  field.writes = "refused";
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(screen.text).toBeNull());
  expect(field.before).toBe("Hi there");
  type(" B");
  answer("ob");
  expect(screen.text).toBe("ob");
});

test("where the page suggests text itself, nothing is drawn and Tab goes to the page", () => {
  field.hasPageSuggestion = true;
  type("Hi th");
  answer("ere");
  expect(screen.text).toBeNull();
  expect(completer.press(press("Tab"))).toBe(false);
  expect(completer.isCompletedByPage(field.element)).toBe(true);
  client.besidePage = true;
  completer.changed();
  expect(screen.text).toBe("ere");
});

test("if the page suggests text after the ghost text was drawn, Tab goes to the page", () => {
  type("Hi th");
  answer("ere");
  field.hasPageSuggestion = true;
  expect(completer.press(press("Tab"))).toBe(false);
  expect(screen.text).toBeNull();
});

test("a suggestion that could not be seen is not accepted", () => {
  screen.canBeSeen = false;
  type("Hi th");
  answer("ere");
  expect(completer.press(press("Tab"))).toBe(false);
});

test("another field has another name, and answers about the previous field are ignored", () => {
  type("Hi th");
  completer.enter(new FakeField());
  answer("ere");
  expect(screen.text).toBeNull();
  expect(client.log).toContain("left f1");
});

const outOfTime = () => answer("", { reason: "budget" });

test("if the server ran out of time, the text is sent again by itself, three times at most", () => {
  type("Hi th");
  outOfTime();
  outOfTime();
  expect(client.log.slice(-2)).toEqual(["keystroke f1 6 Hi th", "keystroke f1 7 Hi th"]);
  outOfTime();
  outOfTime();
  expect(client.asked).toHaveLength(8);
  type("e");
  outOfTime();
  answer("re, Ann");
  expect(screen.text).toBe("re, Ann");
});

test("a text is not sent again if the user has typed on, or reads a suggestion that still fits", () => {
  type("Hi th");
  const { seq } = client.asked.at(-1) as Keystroke;
  type("e");
  client.answer("f1", { seq, text: "", confidence: 0, final: true, reason: "budget" });
  answer("re, Ann");
  type("r");
  outOfTime();
  expect(client.asked.map(({ before }) => before).slice(-3)).toEqual(["Hi th", "Hi the", "Hi ther"]);
});

test("the user who presses the key waits while the server runs out of time", () => {
  client.on = false;
  type("Hi th");
  ask();
  outOfTime();
  expect(client.asked).toMatchObject([
    { seq: 1, byKey: true },
    { seq: 2, byKey: true },
  ]);
  answer("ere, Ann");
  expect(screen.text).toBe("ere, Ann");
});

test("a request that was lost is sent again, but not one that was answered", () => {
  type("Hi th");
  client.forget();
  expect(client.log.at(-1)).toBe("keystroke f1 6 Hi th");
  answer("ere, Ann");
  expect(screen.text).toBe("ere, Ann");
  client.forget();
  expect(client.asked).toHaveLength(6);
  completer.leave();
  client.forget();
  expect(client.asked).toHaveLength(6);
});

test("an empty field causes no request", () => {
  type("  ");
  expect(client.log).toEqual([]);
});

const ask = () => completer.press(press(" ", { ctrlKey: true }));

test("where no suggestion appears by itself, the key requests exactly one", async () => {
  client.on = false;
  type("Hi th");
  expect(client.log).toEqual([]);
  expect(ask()).toBe(true);
  expect(client.asked).toMatchObject([{ before: "Hi th", byKey: true }]);
  answer("ere, Ann");
  expect(screen.text).toBe("ere, Ann");
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(screen.text).toBe(", Ann"));
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(client.log.at(-1)).toBe("left f1"));
  type(" and");
  expect(client.asked).toHaveLength(1);
  expect(screen.text).toBeNull();
});

test.each([
  ["was typed to its end", () => type("ere")],
  ["was typed past", () => type("x")],
  ["was dismissed", () => completer.press(press("Escape"))],
])(
  "a requested suggestion that %s is forgotten, here and by the server, until the key is pressed again",
  (_, change) => {
    client.on = false;
    type("Hi th");
    ask();
    answer("ere");
    change();
    expect(screen.text).toBeNull();
    expect(client.log.at(-1)).toBe("left f1");
    const { reads } = field;
    type(" th");
    expect(field.reads).toBe(reads);
    expect(ask()).toBe(true);
    expect(client.asked).toHaveLength(2);
  },
);

test("if the server has no suggestion, the field is quiet again at once", () => {
  client.on = false;
  type("Hi th");
  ask();
  answer("", { reason: "unlikely" });
  expect(client.log.at(-1)).toBe("left f1");
  const { reads } = field;
  type("ere");
  expect(field.reads).toBe(reads);
});

test("the key shows a suggestion at its first press, also after one was dismissed while they appeared by themselves", () => {
  type("Hi th");
  answer("ere, Ann");
  completer.press(press("Escape"));
  client.on = false;
  completer.changed();
  expect(ask()).toBe(true);
  // The server suggests nothing for a word at which a suggestion was dismissed, unless the field is a new one.
  expect(client.log.slice(-3)).toEqual(["dismissed f1 5", "left f1", "keystroke f1 6 Hi th"]);
  answer("ere, Ann");
  expect(screen.text).toBe("ere, Ann");
});

test.each([
  ["fits no more", "ere"],
  ["was empty", ""],
])("the key shows a suggestion at its first press, also if the one before it %s", (_, before) => {
  type("Hi th");
  answer(before);
  client.on = false;
  type("is is y");
  const { seq } = client.asked.at(-1) as Keystroke;
  expect(ask()).toBe(true);
  // The screen is drawn again, and a late answer to an old request comes, before the answer that the user waits for.
  completer.changed();
  client.answer("f1", { seq, text: "", confidence: 0, final: true });
  answer("our mail");
  expect(screen.text).toBe("our mail");
});

test("a key that is held down requests one suggestion, and an answer that comes after further letters still counts", () => {
  client.on = false;
  type("Hi th");
  expect([ask(), ask(), ask()]).toEqual([true, true, true]);
  expect(client.asked).toHaveLength(1);
  type("er");
  answer("ere, Ann");
  expect(screen.text).toBe("e, Ann");
});

test("where suggestions appear by themselves, the key belongs to the page", () => {
  type("Hi th");
  expect(ask()).toBe(false);
  answer("ere");
  expect(ask()).toBe(false);
  expect(client.asked.some(({ byKey }) => byKey)).toBe(false);
});

test.each([
  [
    "a private field",
    () => {
      field.readable = false;
    },
  ],
  [
    "a kind of field that is off",
    () => {
      field.kind = "code";
    },
  ],
  [
    "an empty field",
    () => {
      field.before = " ";
    },
  ],
  [
    "the middle of a word",
    () => {
      field.after = "ere";
    },
  ],
  [
    "a key that is turned off",
    () => {
      client.keys = { ...DEFAULT_KEYS, ask: "" };
    },
  ],
])("for %s the key requests nothing, and the page gets it", (_, change) => {
  client.on = false;
  field.before = "Hi th";
  change();
  expect(ask()).toBe(false);
  expect(client.log).toEqual([]);
});

test("a requested suggestion also appears after a short value, because the user expects it", () => {
  client.on = false;
  field.oneLine = true;
  type("Bill");
  ask();
  answer("ing", { confidence: 0.2 });
  expect(screen.text).toBe("ing");
});

test("other suggestions than the requested one can be chosen", () => {
  client.on = false;
  type("Hi th");
  ask();
  answer("ere");
  expect(completer.press(press("ArrowDown", { altKey: true }))).toBe(true);
  expect(client.asked.at(-1)).toMatchObject({ alternatives: 3, byKey: true });
  answer("ere", { alternatives: ["at"] });
  expect(screen.text).toBe("at");
});

/** What the service worker sends if a snippet fits the newest keystroke. */
function offer(trigger: string, typed: string, text: string): void {
  const { field: name, seq } = client.asked.at(-1) as Keystroke;
  client.offer(name, { seq, trigger, typed, text });
}

test("a snippet is drawn before the model's suggestion, and Tab replaces the abbreviation by all of it", async () => {
  type("At ;ad");
  answer("vice");
  offer(";addr", ";ad", "12 High Street,\nLeeds");
  expect(screen.text).toBe("12 High Street, ↵ Leeds");
  answer("vice again");
  expect(screen.text).toBe("12 High Street, ↵ Leeds");
  type("d");
  expect(screen.text).toBe("12 High Street, ↵ Leeds");
  client.log.length = 0;
  expect(completer.press(press("Tab"))).toBe(true);
  await vi.waitFor(() => expect(field.before).toBe("At 12 High Street,\nLeeds"));
  // The server is asked about the new text, and is not told that it accepted something.
  await vi.waitFor(() => expect(client.log).toHaveLength(2));
  // The saved keystrokes are counted: its length, less the abbreviation and one key.
  expect(client.log[0]).toBe("snippet of 21 with 5");
  expect(client.log[1]).toContain("keystroke");
});

test("a field that takes no line breaks gets spaces", async () => {
  field.takesLines = false;
  type(";two");
  offer(";two", ";two", "Kind regards,\r\n  Ann");
  expect(screen.text).toBe("Kind regards, Ann");
  completer.press(press("ArrowRight"));
  await vi.waitFor(() => expect(field.before).toBe("Kind regards, Ann"));
});

test("a snippet goes when other letters are typed, when it is dismissed, and when another suggestion is wanted", () => {
  type(";ad");
  offer(";addr", ";ad", "12 High Street");
  type("x");
  expect(screen.text).toBeNull();
  type(" ;ad");
  offer(";addr", ";ad", "12 High Street");
  client.log.length = 0;
  expect(completer.press(press("Escape"))).toBe(true);
  expect([screen.text, client.log]).toEqual([null, []]);
  offer(";addr", ";ad", "12 High Street");
  expect(screen.text).toBeNull();
  type("d");
  offer(";addr", ";add", "12 High Street");
  completer.press(press("ArrowDown", { altKey: true }));
  offer(";addr", ";add", "12 High Street");
  answer("er", { alternatives: ["ress"] });
  // The user has seen none of them yet.
  expect(screen.text).toBe("er");
  completer.press(press("ArrowDown", { altKey: true }));
  expect(screen.text).toBe("ress");
});

test("a snippet that does not fit into the field, or whose field is private, is not offered", () => {
  type(";ad");
  field.room = 5;
  offer(";addr", ";ad", "12 High Street");
  expect(screen.text).toBeNull();
  field.room = Number.POSITIVE_INFINITY;
  field.readable = false;
  completer.changed();
  expect(screen.text).toBeNull();
});

test("the clipboard is read only when the snippet is taken; if it can't be read, nothing is written", async () => {
  const readText = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error("denied")).mockResolvedValue("ABC");
  vi.stubGlobal("navigator", { clipboard: { readText } });
  type(";p");
  offer(";p", ";p", "Ref {clipboard}.");
  expect([screen.text, readText.mock.calls.length]).toEqual(["Ref {clipboard}.", 0]);
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(screen.text).toBeNull());
  expect(field.before).toBe(";p");
  type(" ;p");
  offer(";p", ";p", "Ref {clipboard}.");
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(field.before).toBe(";p Ref ABC."));
  vi.unstubAllGlobals();
});

test("a correction is drawn after an arrow, and Tab puts the whole word in place of the typed one", async () => {
  type("I recie");
  answer("receive", { replaces: 5 });
  expect(screen.text).toBe(" → receive");
  client.log.length = 0;
  expect(completer.press(press("Tab"))).toBe(true);
  await vi.waitFor(() => expect(client.log).toHaveLength(2));
  expect(field.before).toBe("I receive");
  // The letters of the wrong word count as keys that were pressed for the right one.
  expect(client.log).toEqual(["accepted f1 7 receive with 6", "keystroke f1 8 I receive"]);
  expect(screen.text).toBeNull();
});

test("a correction goes with the next key, and when it is dismissed", () => {
  type("I recie");
  answer("receive", { replaces: 5 });
  type("v");
  expect(screen.text).toBeNull();
  answer("receive", { replaces: 6 });
  expect(completer.press(press("Escape"))).toBe(true);
  expect([screen.text, client.log.at(-1)]).toEqual([null, "dismissed f1 8"]);
});

test("a late correction of a text that has changed is not drawn", () => {
  type("I recie");
  type("v");
  client.answer("f1", { seq: 7, text: "receive", confidence: 0.9, final: true, replaces: 5 });
  expect(screen.text).toBeNull();
});

test("other suggestions than a correction continue the text, from the best one on", () => {
  type("I recie");
  answer("receive", { replaces: 5 });
  completer.press(press("ArrowDown", { altKey: true }));
  answer("pe", { alternatives: ["st"] });
  expect(screen.text).toBe("pe");
  completer.press(press("ArrowDown", { altKey: true }));
  expect(screen.text).toBe("st");
  type(" recie");
  answer("receive", { replaces: 5 });
  completer.press(press("ArrowUp", { altKey: true }));
  answer("pe", { alternatives: ["st"] });
  expect(screen.text).toBe("st");
});

test("an undone correction is dismissed, and not offered again", async () => {
  type("I recie");
  answer("receive", { replaces: 5 });
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(client.log.at(-1)).toMatch(/I receive$/));
  client.log.length = 0;
  completer.press(press("z", { ctrlKey: true }));
  field.before = "I recie";
  completer.changed();
  completer.changed();
  expect([screen.text, client.log]).toEqual([null, ["taken back 7 with 6", "dismissed f1 7"]]);
});

test("a correction that is shorter than the typed word stays counted when later typing is undone", async () => {
  type("hellop");
  answer("hello", { replaces: 6 });
  completer.press(press("Tab"));
  await vi.waitFor(() => expect(client.log.at(-1)).toMatch(/ hello$/));
  type(" Ann");
  client.log.length = 0;
  completer.press(press("z", { ctrlKey: true }));
  field.before = "hello";
  completer.changed();
  expect(client.log).toEqual([expect.stringMatching(/^keystroke f1 \d+ hello$/)]);
});

test("in a short line, where Tab leads to the next field, a correction is wanted only by a key", () => {
  field.oneLine = true;
  type("Jonh");
  client.on = false;
  completer.press(press(" ", { ctrlKey: true }));
  answer("John", { replaces: 4 });
  expect(client.asked.map(({ corrections }) => corrections)).toEqual([...Array(4).fill(undefined), true]);
  expect(screen.text).toBe(" → John");
});

test("a screen reader hears what the key does with a correction", () => {
  client.spoken = true;
  const show = vi.spyOn(screen, "show");
  type("I recie");
  answer("receive", { replaces: 5 });
  expect((show.mock.lastCall as unknown[])[4]).toBe("Tab: receive for recie");
});

test("where the page suggests something itself, a correction is never drawn in the line", () => {
  client.besidePage = true;
  const show = vi.spyOn(screen, "show").mockReturnValue(null);
  type("I recie");
  field.hasPageSuggestion = true;
  answer("receive", { replaces: 5 });
  expect(show.mock.calls.map((call) => (call as unknown[])[1])).toEqual(["below"]);
});

test("no text around the field is longer than the server takes", () => {
  client.contextChars = 3;
  field.mail = "Are you free?";
  field.subject = "Lunch";
  field.label = "Country";
  type("H");
  expect(client.asked.at(-1)).toMatchObject({ subject: "Lun", context: { answered: "Are", label: "Cou" } });
});

test("a mail that the page shows later is found as long as nothing was typed", () => {
  completer.changed();
  field.mail = "Are you free?";
  completer.changed();
  expect(client.asked.at(-1)?.context?.answered).toBe("Are you free?");
});

test("the server is not told about leaving a field of which it knows nothing", () => {
  completer.leave();
  completer.enter(field);
  type("H");
  completer.leave();
  expect(client.log).toEqual(["keystroke f2 1 H", "left f2"]);
});

test("corrections are wanted only where a word can be replaced, not in code, and not if they are off", () => {
  type("a");
  client.corrections = false;
  type("b");
  client.corrections = true;
  field.kind = "code";
  client.codeToo = true;
  type("c");
  field.kind = "text";
  Object.assign(field, { replace: undefined });
  type("d");
  expect(client.asked.map(({ corrections }) => corrections)).toEqual([true, undefined, undefined, undefined]);
});
