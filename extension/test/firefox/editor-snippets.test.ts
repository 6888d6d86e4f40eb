import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Key } from "../behaviours/behaviour.ts";
import { DRAWN_ELSEWHERE, EDITOR_PAGES, type EditorPage, ENGLISH, restOf } from "../browser/editor-pages.ts";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox, type Tab } from "./firefox.ts";
import { Opened } from "./opened.ts";
import { pair, welcomePage } from "./pairing.ts";

/** The user's abbreviations in all editors in Firefox. They are apart from the editors' other checks because the two run at the same time. */

const ADDRESS = { trigger: ";addr", text: "12 High Street" };
const REGARDS = { trigger: ";kr", text: "Kind regards,\nAnn" };

const server = new ScriptedServer();
let firefox: Firefox;
let tab: Tab;

const eventually = (read: () => unknown) => expect.poll(read, { interval: 20, timeout: 5_000 });

beforeAll(async () => {
  await server.start();
  firefox = await Firefox.start();
  const own = await welcomePage(firefox);
  await pair(own, server.origin);
  const preferences = { codeToo: true, snippets: [ADDRESS, REGARDS] };
  await own.value(`browser.storage.local.set({ preferences: ${JSON.stringify(preferences)} }).then(() => true)`);
});

afterAll(async () => {
  await firefox?.stop();
  await server.stop();
});

beforeEach(async () => {
  tab = await firefox.newTab("about:blank");
});

afterEach(() => tab.close());

function open(editor: EditorPage): Promise<Opened> {
  const words = editor.words ?? ENGLISH;
  server.received.length = 0;
  server.script = knows(words.typed + restOf(words));
  return Opened.open(tab, server, editor);
}

const press = ({ target }: Opened, ...keys: string[]) => target.press(...(keys as Key[]));

const taking = EDITOR_PAGES.filter(({ name }) => name !== "Monaco" && !DRAWN_ELSEWHERE.test(name));

for (const editor of taking) {
  test(`${editor.name}: one Tab replaces an abbreviation, and one Ctrl-Z brings it back`, async () => {
    const scene = await open(editor);
    await scene.target.type("Home: ;ad");
    await eventually(() => scene.drawn.ghost()).toBe(ADDRESS.text);
    await press(scene, "Tab");
    await eventually(() => scene.firstLine()).toBe("Home: 12 High Street");
    await scene.target.hold(["Control"], "z");
    await eventually(() => scene.firstLine()).toBe("Home: ;ad");

    if (!editor.standing) await scene.clear();
    const next = editor.standing ? await open(editor) : scene;
    await next.target.type(";kr");
    await eventually(() => next.drawn.ghost()).toMatch(/^Kind regards,( ↵)? Ann$/);
    // A field that takes a line break ends its line there, and no field loses the space.
    const line = String(await next.drawn.ghost()).split(" ↵")[0];
    await press(next, "Tab");
    await eventually(() => next.firstLine()).toBe(line);
    await next.target.hold(["Control"], "z");
    await eventually(() => next.firstLine()).toBe(";kr");
  });
}
