import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { eventually, pair, welcomePage } from "./pairing.ts";

/** Allowed sites in Firefox: the extension works on this machine, and on other sites only while they are allowed. */

const SENTENCE = "Thanks for the quick response";
const PAGE = '<!doctype html><html lang="en"><title>A page</title><textarea id="field" rows="4" cols="70"></textarea>';

const server = new ScriptedServer();
let firefox: Firefox;
let own: Tab;
let tab: Tab;

beforeAll(async () => {
  await server.start();
  server.pages.set("/page", PAGE);
  server.script = knows(SENTENCE, "See you soon");
  firefox = await Firefox.start();
  own = await welcomePage(firefox);
  await pair(own, server.origin);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

afterEach(() => tab.close());

/** Opens a page of this machine under another host name, and types in it. */
async function typeAt(host: string): Promise<void> {
  server.received.length = 0;
  tab = await firefox.newTab(server.origin.replace("127.0.0.1", host).concat("/page"));
  await tab.focus("#field");
  await tab.type("Thanks for the qui");
}

/** Nothing that was typed in `there` was sent: text that is typed afterwards on an allowed page has arrived. */
async function expectNothingReadIn(there: Tab): Promise<void> {
  const allowed = await firefox.newTab(server.origin.replace("127.0.0.1", "localhost").concat("/page"));
  await allowed.focus("#field");
  await allowed.type("See");
  await eventually(() => allowed.ghost()).toBe(" you soon");
  expect(server.keystrokes.filter(({ before }) => !"See".startsWith(before))).toEqual([]);
  await allowed.close();
  expect(await there.ghost()).toBe(null);
}

test("nothing is read on a site that is not allowed", async () => {
  await typeAt("mail.test");
  await expectNothingReadIn(tab);
});

test("All sites: suggestions work on the open page, and on every other page", async () => {
  await typeAt("mail.test");
  await own.goWithin("welcome.html");
  await eventually(() => own.value("location.pathname + document.readyState")).toBe("/welcome.htmlcomplete");
  await own.focus("#everywhere");
  await own.press("Enter");
  await eventually(() => own.value("document.querySelector('#everywhere').ariaPressed")).toBe("true");
  await tab.focus("#field");
  await tab.type("ck");
  await eventually(() => tab.ghost()).toBe(" response");
  await tab.close();
  await typeAt("other.test");
  await eventually(() => tab.ghost()).toBe("ck response");
});

test("a removed permission ends the suggestions on the open page", async () => {
  await typeAt("mail.test");
  await eventually(() => tab.ghost()).toBe("ck response");
  await own.value("browser.permissions.remove({ origins: ['http://*/*', 'https://*/*'] })");
  await eventually(() => tab.ghost()).toBe(null);
  server.received.length = 0;
  await tab.type("ck");
  await expectNothingReadIn(tab);
});

test("a frame is off if the site around it is off, also a frame of another site", async () => {
  server.received.length = 0;
  server.pages.set("/inner", PAGE);
  const inner = server.origin.replace("127.0.0.1", "localhost");
  server.pages.set("/around", `<!doctype html><iframe src="${inner}/inner" width="600" height="200"></iframe>`);
  const prefer = (preferences: object) =>
    own.value(`browser.storage.local.set({ preferences: ${JSON.stringify(preferences)} }).then(() => true)`);
  tab = await firefox.newTab(`${server.origin}/around`);
  await eventually(() => tab.frame()).not.toBeNull();
  const frame = (await tab.frame()) as Tab;
  await eventually(() => frame.value("document.querySelector('#field') !== null")).toBe(true);
  await prefer({ sitesOff: ["127.0.0.1"] });
  await frame.focus("#field");
  await frame.type("Thanks for the qui");
  await expectNothingReadIn(frame);
  await prefer({ sitesOff: [] });
  await frame.focus("#field");
  await eventually(() => frame.ghost()).toBe("ck response");
});
