import { expect } from "vitest";
import type { Key } from "../behaviours/behaviour.ts";
import { type EditorPage, ENGLISH, type Sample, serve } from "../browser/editor-pages.ts";
import type { Typewriter } from "../browser/random-typist.ts";
import type { ScriptedServer } from "../browser/scripted-server.ts";
import type { Tab } from "./firefox.ts";

/** An editor on its page, with the caret in it. */
export class Opened implements Typewriter {
  readonly editor: EditorPage;
  readonly words: Sample;
  /** The tab, or the frame that contains the editor. */
  readonly target: Tab;
  /** The tab, or the frame, that contains the ghost text. */
  readonly drawn: Tab;
  readonly #tab: Tab;

  private constructor(editor: EditorPage, tab: Tab, target: Tab) {
    this.editor = editor;
    this.words = editor.words ?? ENGLISH;
    this.target = target;
    this.drawn = editor.frame?.edited ? tab : target;
    this.#tab = tab;
  }

  static async open(tab: Tab, server: ScriptedServer, editor: EditorPage): Promise<Opened> {
    await serve(server, editor);
    await tab.go(`${server.origin}/page`);
    if ("script" in editor.page) await until(() => tab.value("window.editorPage !== undefined")).toBe(true);
    let target = tab;
    if (editor.frame) {
      await until(() => tab.frame()).not.toBeNull();
      target = (await tab.frame()) as Tab;
    }
    const opened = new Opened(editor, tab, target);
    await until(() => target.value(`${opened.field} !== null`)).toBe(true);
    await opened.focus();
    await opened.settle();
    return opened;
  }

  /** The field, as an expression in its document. */
  get field(): string {
    const selector = JSON.stringify(this.editor.name === "Monaco" ? ".monaco-editor textarea" : this.editor.field);
    return `(window.closedRoot?.querySelector("#field") ?? document.querySelector(${selector}) ?? document.querySelector("#host")?.shadowRoot?.querySelector(${selector}) ?? null)`;
  }

  async focus(): Promise<void> {
    await this.target.value(`void ${this.field}.focus()`);
  }

  async leave(): Promise<void> {
    await this.target.value(`void ${this.field}.blur()`);
  }

  /** Waits until the editor has noticed that the browser moved the caret. */
  async settle(): Promise<void> {
    await this.target.value(`new Promise((resolve) => setTimeout(resolve, ${this.editor.settles ?? 0}, 0))`);
  }

  type(text: string): Promise<void> {
    return this.target.type(text);
  }

  async press(chord: string): Promise<void> {
    const keys = chord.split("+");
    const last = keys.pop() as string;
    if (keys.length > 0) await this.target.hold(keys as Key[], last);
    else await this.target.press(last as Key);
  }

  async redo(): Promise<void> {
    const { redo = "Control+Shift+z" } = this.editor;
    if (typeof redo === "string") return this.press(redo);
    const button = `document.querySelector(${JSON.stringify(redo.button)})`;
    await this.target.value(
      `void ${button}.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }))`,
    );
  }

  /** Deletes the text, and repeats it if necessary, as a user would. */
  async clear(): Promise<void> {
    await until(async () => {
      await this.press("Control+a");
      await this.settle();
      await this.press("Delete");
      return this.text();
    }).toBe("");
  }

  ghost(): Promise<string | null> {
    return this.drawn.ghost();
  }

  /** The written text, from the editor itself if possible, otherwise as the user would copy it. */
  async text(): Promise<string> {
    const own = await this.#tab.value("window.editorPage?.text()");
    if (typeof own === "string") return own;
    const shown = `${this.field}.innerText.replace(/\\n$/, "").replaceAll("\u00a0", " ")`;
    return String(await this.target.value(`${this.field}.value ?? ${shown}`));
  }

  /** The first line of the text. A signature and a quoted mail are below it. */
  async firstLine(): Promise<string> {
    return (await this.text()).trimStart().split("\n")[0] ?? "";
  }

  eventually(read: () => Promise<unknown>, message: string) {
    return until(read, message);
  }
}

const until = (read: () => unknown, message = "") => expect.poll(read, { interval: 20, timeout: 5_000, message });
