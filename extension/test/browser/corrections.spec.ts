import { EDITOR_PAGES, Opened } from "./editor-pages.ts";
import { expect, inWorker, OPTIONS, test } from "./fixtures.ts";
import type { Frame, ScriptedServer } from "./scripted-server.ts";

/** Words in place of mistyped ones: in fields and real editors. */

const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';
const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 3000 };
const OPENING = "As soon as it is in our shop, I will ";
const SLIP = /recie[ve]*$/;

/** The server takes "recie" for a mistyped word. */
function correct(server: ScriptedServer): void {
  server.script = ({ before }) => (SLIP.test(before) ? "receive" : "");
  server.replaces = ({ before }) => SLIP.exec(before)?.[0].length ?? 0;
}

function editorNamed(name: string) {
  const editor = EDITOR_PAGES.find((one) => one.name === name);
  if (!editor) throw new Error(`editor-pages.ts has no editor "${name}"`);
  return editor;
}

test.afterEach(({ browserContext }) =>
  inWorker(browserContext, "chrome.storage.local.remove(['preferences', 'saved'])"),
);

/** What replaces a snippet works in all editors (snippets.spec.ts). These are one of each way to write. */
const EDITORS = [
  "textarea",
  "input",
  "contenteditable",
  "ProseMirror",
  "Lexical",
  "Quill",
  "CKEditor",
  "React, controlled",
];

for (const editor of EDITORS.map(editorNamed)) {
  test(`${editor.name}: one Tab replaces exactly the mistyped word, and one Ctrl-Z brings it back`, async ({
    page,
    server,
  }) => {
    const opened = await Opened.open(page, server, editor);
    correct(server);
    // In a short line of a form no correction is offered.
    await page.keyboard.type(`${OPENING}recie`);
    await opened.ghost.expectText("→ receive");
    await page.keyboard.type("v");
    // Until then, the ghost text may be that of the letter before, which Tab does not accept any more.
    const isSent = (frame: Frame) => frame.before === `${OPENING}reciev`;
    await expect.poll(() => server.received.some(isSent), SOON).toBe(true);
    await opened.ghost.expectText("→ receive");
    await page.keyboard.press("Tab");
    await expect.poll(() => opened.text(), SOON).toBe(`${OPENING}receive`);
    await opened.ghost.expectText(null);
    expect(server.received).toContainEqual(expect.objectContaining({ type: "accepted", text: "receive" }));
    await page.keyboard.press("Control+z");
    await expect.poll(() => opened.text(), SOON).toBe(`${OPENING}reciev`);
  });
}

test("a correction in the middle of a text leaves what follows as it is", async ({ page, ghost, server, show }) => {
  correct(server);
  await show(TEXTAREA, "I will  it soon");
  for (let steps = 0; steps < " it soon".length; steps++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("recie");
  await ghost.expectText("→ receive");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue("I will receive it soon");
});

test("a correction can be dismissed, and then Tab belongs to the page", async ({ page, ghost, server, show }) => {
  correct(server);
  await show(`${TEXTAREA}<button>Send</button>`, "I will recie");
  await ghost.expectText("→ receive");
  await page.keyboard.press("Escape");
  await ghost.expectText(null);
  await expect.poll(() => server.received.at(-1)).toMatchObject({ type: "dismissed" });
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveValue("I will recie");
  await expect(page.locator("button")).toBeFocused();
});

test("the user can turn corrections off in the options", async ({ page, ghost, server, show }) => {
  correct(server);
  await page.goto(OPTIONS);
  await page.getByLabel("Offer corrections of typing mistakes").uncheck();
  server.received.length = 0;
  await show(TEXTAREA, "I will recie");
  await ghost.expectText("receive");
  expect(server.keystrokes.at(-1)).not.toHaveProperty("corrections");
});

test("an accepted correction is counted, with the letters of the wrong word as keys", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  await inWorker(browserContext, "chrome.storage.local.remove('saved')");
  correct(server);
  await show(TEXTAREA, "I will recie");
  await ghost.expectText("→ receive");
  await page.keyboard.press("Tab");
  const keys = () =>
    inWorker<number>(
      browserContext,
      "chrome.storage.local.get('saved').then(({ saved }) => saved?.days[0]?.keys ?? -1)",
    );
  await expect.poll(keys, SOON).toBe("receive".length - "recie".length - 1);
});

for (const name of ["Monaco", "CodeMirror"]) {
  const editor = editorNamed(name);
  test(`in ${name} no correction is asked for: code is not prose`, async ({ page, server, browserContext }) => {
    await inWorker(browserContext, "chrome.storage.local.set({ preferences: { codeToo: true } })");
    await Opened.open(page, server, editor);
    await page.keyboard.type("a recie");
    await expect.poll(() => server.keystrokes.at(-1)?.before, SOON).toContain("recie");
    expect(server.keystrokes.some(({ corrections }) => corrections)).toBe(false);
  });
}
