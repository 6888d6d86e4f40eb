import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { THREAD } from "../browser/gmail.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { eventually, pair, welcomePage } from "./pairing.ts";

/** The main paths in Firefox. Everything else is tested in Chromium. */

const SENTENCE = "Thanks for the quick response";
const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';
const VALUE = "document.querySelector('#field').value";
const FOCUSED = "document.activeElement.id";

const server = new ScriptedServer();
let firefox: Firefox;
let tab: Tab;
/** The tab that the extension opened itself. */
let own: Tab;

async function show(body: string): Promise<void> {
  server.pages.set(
    "/page",
    `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${body}`,
  );
  await tab.go(`${server.origin}/page`);
  await tab.focus("#field");
}

const ghost = () => eventually(() => tab.ghost());

beforeAll(async () => {
  await server.start();
  firefox = await Firefox.start();
  own = await welcomePage(firefox);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  server.received.length = 0;
  server.script = knows(SENTENCE);
  tab = await firefox.newTab("about:blank");
});

afterEach(() => tab.close());

test("the options page pairs this browser with a server", async () => {
  await pair(own, server.origin);
});

test("in a text area Tab accepts a word, and the right arrow accepts the rest", async () => {
  await show(TEXTAREA);
  await tab.type("Thanks for the qui");
  await ghost().toBe("ck response");
  await tab.press("Tab");
  await eventually(() => tab.value(VALUE)).toBe("Thanks for the quick");
  await ghost().toBe(" response");
  await tab.press("ArrowRight");
  await eventually(() => tab.value(VALUE)).toBe(SENTENCE);
  await ghost().toBe(null);
  expect(await tab.value(FOCUSED)).toBe("field");
});

test("in an editable element Tab accepts a word, and the right arrow accepts the rest", async () => {
  await show('<div id="field" contenteditable="true"></div>');
  const text = () => tab.value("document.querySelector('#field').textContent.replaceAll('\\u00a0', ' ')");
  await tab.type("Thanks for the qui");
  await ghost().toBe("ck response");
  await tab.press("Tab");
  await eventually(text).toBe("Thanks for the quick");
  await ghost().toBe(" response");
  await tab.press("ArrowRight");
  await eventually(text).toBe(SENTENCE);
});

test.each([
  ["a text area", TEXTAREA, VALUE],
  [
    "an editable element",
    '<div id="field" contenteditable="true"></div>',
    "document.querySelector('#field').textContent",
  ],
])("in %s Tab puts the right word in place of a mistyped one", async (_, html, value) => {
  server.script = ({ before }) => (before.endsWith("recie") ? "receive" : "");
  server.replaces = ({ before }) => (before.endsWith("recie") ? 5 : 0);
  await show(html);
  await tab.type("I will recie");
  await ghost().toBe("→ receive");
  await tab.press("Tab");
  await eventually(async () => String(await tab.value(value)).replaceAll("\u00a0", " ")).toBe("I will receive");
  await ghost().toBe(null);
  server.replaces = () => 0;
});

test("typing what is suggested keeps the rest of the suggestion", async () => {
  await show(TEXTAREA);
  await tab.type("Thanks");
  await ghost().toBe(" for the quick response");
  server.script = () => null;
  await tab.type(" for");
  await ghost().toBe(" the quick response");
});

test("Esc dismisses the suggestion, and then Tab goes to the page", async () => {
  await show(`${TEXTAREA}<input id="next">`);
  await tab.type("Thanks");
  await ghost().toBe(" for the quick response");
  await tab.press("Escape");
  await ghost().toBe(null);
  await tab.press("Tab");
  await eventually(() => tab.value(FOCUSED)).toBe("next");
  expect(await tab.value(VALUE)).toBe("Thanks");
});

test("where suggestions appear only when a key is pressed, Ctrl+Space shows one", async () => {
  await own.value('browser.storage.local.set({ preferences: { moment: "key" } }).then(() => true)');
  await show(TEXTAREA);
  await tab.type("Thanks");
  await tab.hold(["Control"], " ");
  await ghost().toBe(" for the quick response");
  expect(server.keystrokes).toMatchObject([{ before: "Thanks", sureness: "eager" }]);
  await own.value('browser.storage.local.remove("preferences").then(() => true)');
});

test("if the user has turned announcements on, a suggestion is announced after a pause, and typed text stays one undo step", async () => {
  const announced = () => eventually(() => tab.announced());
  await show(TEXTAREA);
  await tab.type("Thanks");
  await ghost().toBe(" for the quick response");
  expect(await tab.announced()).toBe(null);
  await own.value("browser.storage.local.set({ preferences: { spoken: true } }).then(() => true)");
  await tab.type(" f");
  await announced().toBe("or the quick response");
  await tab.type("or");
  await announced().toBe("the quick response");
  await tab.press("Escape");
  await announced().toBe(null);
  await tab.hold(["Control"], "z");
  await eventually(() => tab.value(VALUE)).toBe("");
  await own.value('browser.storage.local.remove("preferences").then(() => true)');
});

test("if the user has allowed it, the mail above the reply is sent with the reply", async () => {
  await own.value("browser.storage.local.set({ preferences: { answeredToo: true } }).then(() => true)");
  server.pages.set(
    "/page",
    `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${THREAD}`,
  );
  await tab.go(`${server.origin}/page`);
  await tab.focus('[g_editable="true"]');
  await tab.type("Yes");
  const answered = "Hi Ann,\n\nare you free on Friday?\nWe could go to the harbour.";
  await eventually(() => server.keystrokes.at(-1)).toMatchObject({
    before: "Yes",
    kind: "email",
    context: { answered },
  });
  await own.value('browser.storage.local.remove("preferences").then(() => true)');
});

test("a password is never read", async () => {
  server.script = () => " more";
  await show('<input id="field" type="password"><textarea id="open"></textarea>');
  await tab.type("zqzqzq");
  await tab.focus("#open");
  await tab.type("Hello");
  await ghost().toBe(" more");
  expect(JSON.stringify(server.received)).not.toContain("zq");
});

test("the popup shows the status", async () => {
  await own.goWithin("popup.html");
  await eventually(() => own.value("document.querySelector('[role=status]')?.textContent")).toMatch(/\.$/);
  await eventually(() => own.value("document.querySelector('#saved')?.textContent")).toMatch(/\w/);
});

test("after a restart of the server the missed keystroke is sent again", async () => {
  await show(TEXTAREA);
  await tab.type("Thanks");
  await ghost().toBe(" for the quick response");
  await server.stop();
  await tab.type(" for the qui");
  expect(await tab.value(VALUE)).toBe("Thanks for the qui");
  await server.start();
  await eventually(() => server.keystrokes.at(-1)?.before).toBe("Thanks for the qui");
  await ghost().toBe("ck response");
});
