import { readFile } from "node:fs/promises";
import { expect, type Frame, type Page } from "@playwright/test";
import { Ghost } from "./ghost.ts";
import { COMPOSE, REPLY } from "./gmail.ts";
import type { ScriptedServer } from "./scripted-server.ts";

/** One kind of field, and the page on which a test opens it. */
export interface EditorPage {
  readonly name: string;
  /** The package whose version is meant. */
  readonly packageName?: string;
  /** The page: a script of `pages/`, or the content of its body. */
  readonly page: { readonly script: string } | { readonly body: string };
  readonly field: string;
  /**
   * The selector of the frame that contains the field. `isolated`: the frame is of another site, and has its own process. `edited`: the whole
   * document in it is edited, so the ghost text is in the document around it.
   */
  readonly frame?: { readonly selector: string; readonly isolated?: boolean; readonly edited?: boolean };
  /** The columns of the table that it fails, and why. */
  readonly limits?: Readonly<Record<string, string>>;
  /** The milliseconds until the editor notices that the browser has moved the caret. */
  readonly settles?: number;
  /** Its text is the value of an input or a text area. No script of the page can measure such letters. */
  readonly textbox?: boolean;
  /** How the user redoes, if not by Ctrl-Shift-Z: by another key, or by a button, whose selector this is. */
  readonly redo?: "Control+y" | { readonly button: string };
  /** The field has one line only: Enter leaves it. */
  readonly oneLine?: boolean;
  /** It is a code editor: off until the user turns it on. */
  readonly code?: boolean;
  /** It contains other text, which can't be deleted: each check opens the page again. */
  readonly standing?: boolean;
  /** The kind of text in the editor, if it is not English. */
  readonly words?: Sample;
}

/** A sentence that the server knows, and the parts of it that a test uses. */
export interface Sample {
  readonly typed: string;
  /** The text that three presses of Tab accept. */
  readonly taken: readonly [string, string, string];
  readonly left: string;
  /** A line, what is typed before its last word, and what the server suggests then. */
  readonly middle: { readonly line: string; readonly last: string; readonly typed: string; readonly next: string };
  /** The keys to the next and to the last character. */
  readonly onward: string;
  readonly back: string;
}

/** The whole suggestion. */
export const restOf = ({ taken, left }: Sample): string => taken.join("") + left;

export const ENGLISH: Sample = {
  typed: "Thanks for the qui",
  taken: ["ck", " response", ", and"],
  left: " see you on Friday",
  middle: { line: "See you at nine.", last: " at nine.", typed: " o", next: "n Friday" },
  onward: "ArrowRight",
  back: "ArrowLeft",
};

const HEBREW: Sample = {
  typed: "תודה על התג",
  taken: ["ובה", " המהירה", ", ונתראה"],
  left: " ביום שישי",
  middle: { line: "ניפגש בתשע.", last: " בתשע.", typed: " א", next: "ולי" },
  onward: "ArrowLeft",
  back: "ArrowRight",
};

const TEXTAREA = '<textarea id="field" rows="4" cols="70"></textarea>';
const SHADOW = (mode: string) =>
  `<div id="host"></div><script>{ const root = document.querySelector("#host").attachShadow({ mode: "${mode}" }); if (root.mode === "closed") window.closedRoot = root; root.innerHTML = '<textarea id="field" rows="4" cols="70" ></textarea>'; }</script>`;
const RICH = (style: string) => `<div id="field" contenteditable="true" style="min-height: 60px; ${style}"></div>`;

export const EDITOR_PAGES: readonly EditorPage[] = [
  { name: "textarea", page: { body: TEXTAREA }, field: "#field", textbox: true },
  { name: "input", page: { body: '<input id="field" size="80">' }, field: "#field", textbox: true, oneLine: true },
  { name: "contenteditable", page: { body: RICH("width: 700px") }, field: "#field" },
  { name: "Gmail, compose (look-alike)", page: { body: COMPOSE }, field: '[g_editable="true"]', standing: true },
  { name: "Gmail, reply (look-alike)", page: { body: REPLY }, field: '[g_editable="true"]', standing: true },
  { name: "Quill", packageName: "quill", page: { script: "quill" }, field: ".ql-editor" },
  {
    name: "ProseMirror",
    packageName: "prosemirror-view",
    page: { script: "prosemirror" },
    field: ".ProseMirror",
  },
  { name: "Tiptap", packageName: "@tiptap/core", page: { script: "tiptap" }, field: ".ProseMirror" },
  { name: "Lexical", packageName: "lexical", page: { script: "lexical" }, field: "[data-lexical-editor]" },
  { name: "Slate", packageName: "slate-react", settles: 150, page: { script: "slate" }, field: "[data-slate-editor]" },
  {
    name: "TinyMCE",
    packageName: "tinymce",
    page: { script: "tinymce" },
    field: "body#tinymce",
    frame: { selector: "iframe.tox-edit-area__iframe", edited: true },
  },
  {
    name: "CKEditor",
    packageName: "@ckeditor/ckeditor5-editor-classic",
    page: { script: "ckeditor" },
    field: ".ck-editor__editable",
  },
  {
    name: "CKEditor 4",
    packageName: "ckeditor4",
    page: { script: "ckeditor4" },
    field: "body.cke_editable",
    frame: { selector: "iframe.cke_wysiwyg_frame", edited: true },
  },
  {
    name: "Squire",
    packageName: "squire-rte",
    page: { script: "squire" },
    field: ".field",
  },
  {
    name: "Summernote",
    packageName: "summernote",
    page: { script: "summernote" },
    field: ".note-editable",
    redo: "Control+y",
  },
  {
    name: "Trix",
    packageName: "trix",
    page: { script: "trix" },
    field: "trix-editor",
    settles: 150,
    // Trix 2.1 compares the key with "z", but with Shift the key is "Z".
    redo: { button: '[data-trix-action="redo"]' },
    // On a busy machine, Enter was once followed by two line breaks. The reason is not known.
    oneLine: true,
  },
  {
    name: "Editor.js",
    packageName: "@editorjs/editorjs",
    page: { script: "editorjs" },
    field: ".ce-paragraph",
    oneLine: true,
  },
  { name: "Draft.js", packageName: "draft-js", page: { script: "draft" }, field: ".public-DraftEditor-content" },
  { name: "Jodit", packageName: "jodit", page: { script: "jodit" }, field: ".jodit-wysiwyg" },
  { name: "medium-editor", packageName: "medium-editor", page: { script: "medium" }, field: ".medium-editor-element" },
  {
    name: "CodeMirror",
    packageName: "@codemirror/view",
    code: true,
    page: { script: "codemirror" },
    field: ".cm-content",
  },
  {
    name: "Monaco",
    packageName: "monaco-editor",
    page: { script: "monaco" },
    field: ".monaco-editor .editor-scrollable",
    code: true,
  },
  { name: "React, controlled", packageName: "react", page: { script: "react" }, field: "#field", textbox: true },
  { name: "Vue, controlled", packageName: "vue", page: { script: "vue" }, field: "#field", textbox: true },
  { name: "Svelte, bound", packageName: "svelte", page: { script: "svelte" }, field: "#field", textbox: true },
  { name: "open shadow root", page: { body: SHADOW("open") }, field: "#field", textbox: true },
  { name: "closed shadow root", page: { body: SHADOW("closed") }, field: "#host", textbox: true },
  {
    name: "frame of the same site",
    textbox: true,
    page: { body: '<iframe src="/inner" width="800" height="200"></iframe>' },
    field: "#field",
    frame: { selector: "iframe" },
  },
  {
    name: "frame of another site",
    textbox: true,
    page: { body: '<iframe src="OTHER/inner" width="800" height="200"></iframe>' },
    field: "#field",
    frame: { selector: "iframe", isolated: true },
  },
  {
    name: "frame that a script writes",
    textbox: true,
    page: {
      body: `<iframe width="800" height="200"></iframe><script>{ const inner = document.querySelector("iframe").contentDocument; inner.open(); setTimeout(() => { inner.write('${TEXTAREA}'); inner.close(); }); }</script>`,
    },
    field: "#field",
    frame: { selector: "iframe" },
  },
  {
    name: "dialog",
    textbox: true,
    page: { body: `<dialog id="dialog">${TEXTAREA}</dialog><script>dialog.showModal()</script>` },
    field: "#field",
  },
  {
    name: "scrolled box",
    page: {
      body: `<div id="box" style="height: 160px; overflow: auto"><div style="height: 300px"></div>${RICH("width: 700px")}<div style="height: 900px"></div></div><script>box.scrollTop = 260</script>`,
    },
    field: "#field",
  },
  {
    name: "zoomed (CSS zoom 1.25)",
    page: { body: `<div style="zoom: 1.25">${RICH("width: 700px")}</div>` },
    field: "#field",
  },
  {
    name: "scaled (CSS transform 1.2)",
    page: { body: `<div style="transform: scale(1.2); transform-origin: 0 0">${RICH("width: 700px")}</div>` },
    field: "#field",
  },
  {
    name: "right to left",
    page: { body: `<div dir="rtl">${RICH("width: 700px")}</div>` },
    field: "#field",
    words: HEBREW,
  },
];

/** The names of fields that differ from another one only in how ghost text is drawn. */
export const DRAWN_ELSEWHERE =
  /^(Vue|Svelte|open shadow|frame|dialog|scrolled|zoomed|scaled|right to left|Gmail, reply)/;

/** An editor on its page, with the caret in it. */
export class Opened {
  readonly page: Page;
  readonly ghost: Ghost;
  readonly #editor: EditorPage;
  readonly #frame: Frame;
  /** The signature and the quoted mail after the text that is written. */
  #standing = "";

  private constructor(page: Page, ghost: Ghost, editor: EditorPage, frame: Frame) {
    this.page = page;
    this.ghost = ghost;
    this.#editor = editor;
    this.#frame = frame;
  }

  static async open(page: Page, server: ScriptedServer, editor: EditorPage): Promise<Opened> {
    await serve(server, editor);
    await page.goto(`${server.origin}/page`);
    const { frame } = editor;
    const inner = frame ? await contentOf(page, frame.selector) : page.mainFrame();
    const ghost = new Ghost(page, {
      ...(frame?.isolated ? { session: page.context().newCDPSession(inner) } : {}),
      ...(frame && !frame.isolated && !frame.edited
        ? { document: `document.querySelector("${frame.selector}").contentDocument` }
        : {}),
      around: frame?.edited ?? false,
    });
    const opened = new Opened(page, ghost, editor, inner);
    await opened.focus();
    opened.#standing = (await opened.text()).trimStart();
    return opened;
  }

  async focus(): Promise<void> {
    await this.#frame
      .locator(this.#editor.field)
      .first()
      .click({ position: { x: 12, y: 8 } });
  }

  /** Deletes the text, and repeats it if necessary, as a user would: an editor may notice the selection only after the key that deletes it. */
  async clear(): Promise<void> {
    await expect(async () => {
      await this.page.keyboard.press("Control+a");
      await this.settle();
      await this.page.keyboard.press("Delete");
      expect(await this.text(), `${this.#editor.name} is empty`).toBe("");
    }).toPass({ intervals: [0, 100, 500], timeout: 5000 });
  }

  /** Waits until the editor has noticed that the browser moved the caret. An earlier key would act at the old caret. */
  async settle(): Promise<void> {
    await this.page.waitForTimeout(this.#editor.settles ?? 20);
  }

  async redo(): Promise<void> {
    const { redo = "Control+Shift+Z" } = this.#editor;
    if (typeof redo === "string") await this.page.keyboard.press(redo);
    else await this.#frame.locator(redo.button).click();
  }

  async leave(): Promise<void> {
    await this.#frame.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  }

  /** The written text, from the editor itself if possible, otherwise as the user would copy it. */
  async text(): Promise<string> {
    const own = await this.page.evaluate(() => window.editorPage?.text() ?? null);
    if (own !== null) return own;
    const text = await this.#frame.locator(this.#editor.field).first().evaluate(textOf);
    if (this.#standing === "" || !text.endsWith(this.#standing)) return text;
    return text.slice(0, text.length - this.#standing.length).replace(/\n+$/, "");
  }
}

/** The text of a field as the user would copy it. It uses no code of the extension. */
function textOf(field: Element): string {
  const closed = (window as { closedRoot?: ShadowRoot }).closedRoot;
  const target = closed?.querySelector("textarea") ?? field;
  if ("value" in target) return String(target.value);
  // biome-ignore lint/performance/useDomNodeTextContent: layout makes the lines of blocks
  return (target as HTMLElement).innerText.replace(/\n$/, "").replaceAll("\u00a0", " ");
}

async function contentOf(page: Page, selector: string): Promise<Frame> {
  const frame = await (await page.waitForSelector(selector)).contentFrame();
  if (!frame) throw new Error(`${selector} is not a frame`);
  return frame;
}

const INNER = `<!doctype html><title>Inner</title><link rel="icon" href="data:,">${TEXTAREA}`;

/** Makes the server serve the editor's page at `/page`. */
export async function serve(server: ScriptedServer, { page }: EditorPage): Promise<void> {
  const other = server.origin.replace("127.0.0.1", "localhost");
  const content = "script" in page ? await linksTo(page.script) : page.body.replaceAll("OTHER", other);
  const head = '<meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">';
  server.pages.set("/inner", INNER);
  server.pages.set("/page", `<!doctype html><html lang="en">${head}<body>${content}`);
}

export const BUILT = new URL("../../.output/test-pages/", import.meta.url);

async function linksTo(name: string): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL("manifest.json", BUILT), "utf8")) as Record<
    string,
    { file: string; css?: string[] }
  >;
  const entry = manifest[`${name}.ts`];
  if (!entry) throw new Error(`No page with the name ${name} was built`);
  const styles = (entry.css ?? []).map((file) => `<link rel="stylesheet" href="/pages/${file}">`);
  return `${styles.join("")}<script type="module" src="/pages/${entry.file}"></script>`;
}
