/**
 * Editors with a history of their own put what is typed in quick succession into one undo step. Each is told here that a step ends,
 * by what it offers for that, so that Ctrl-Z takes back what was accepted and nothing else. Runs in the page's own world: an
 * editor's object can't be had from anywhere else. No text passes through here.
 */

/** Just before the text is put in, or just after. */
export type Moment = "before" | "after";

type Steps = (element: HTMLElement, moment: Moment) => void;

const STEPS: readonly (readonly [selector: string, steps: Steps])[] = [
  [".ProseMirror", proseMirror],
  [".ql-editor", quill],
  ['[data-slate-editor="true"]', slate],
  [".cm-content", codeMirror],
  [".ck-editor__editable", ckEditor],
  [".mce-content-body", tinyMce],
];

export function undoStep(element: HTMLElement, moment: Moment): void {
  try {
    STEPS.find(([selector]) => element.matches(selector))?.[1](element, moment);
  } catch {
    // An editor of another version than those that are known: its steps are its own affair, and its text is not touched here.
  }
}

/** Some editors give their object away only while they draw. Called when one is entered, long before it is needed. */
export function getToKnow(element: HTMLElement): void {
  const { pmViewDesc: description } = element as ProseMirrorElement;
  if (!description || views.has(description) || Object.hasOwn(description, "updateChildren")) return;
  const { updateChildren } = description;
  description.updateChildren = function (view, position) {
    views.set(description, view);
    delete description.updateChildren;
    return updateChildren?.call(this, view, position);
  };
}

interface ProseMirrorView {
  readonly state: { readonly tr: { setMeta(key: string, value: unknown): unknown } };
  dispatch(transaction: unknown): void;
}

interface Description {
  updateChildren?: ((this: Description, view: ProseMirrorView, position: number) => unknown) | undefined;
}

type ProseMirrorElement = HTMLElement & {
  readonly pmViewDesc?: Description;
  readonly editor?: { readonly view?: ProseMirrorView };
};

const views = new WeakMap<Description, ProseMirrorView>();

/** The key of ProseMirror's `closeHistory`; a page that bundles it more than once has more than one. */
const CLOSE_HISTORY = ["closeHistory$", "closeHistory$1"];

function proseMirror(element: ProseMirrorElement): void {
  const view = element.editor?.view ?? (element.pmViewDesc && views.get(element.pmViewDesc));
  if (!view) return;
  const transaction = view.state.tr;
  for (const key of CLOSE_HISTORY) transaction.setMeta(key, true);
  view.dispatch(transaction);
}

interface QuillClass {
  find(node: Node): { readonly history?: { cutoff(): void } } | null;
}

/** Quill can be found only where the page has its class under the name that its own build gives it. */
function quill(element: HTMLElement): void {
  const { Quill } = window as { Quill?: QuillClass };
  if (element.parentElement) Quill?.find(element.parentElement)?.history?.cutoff();
}

interface SlateEditor {
  readonly selection: unknown;
  readonly history?: { readonly undos: { readonly operations: unknown[]; readonly selectionBefore: unknown }[] };
}

interface Fiber {
  readonly return: Fiber | null;
  readonly memoizedProps?: { readonly editor?: SlateEditor } | null;
}

/**
 * Slate goes on with the last step where the text goes on; an empty step on top ends that. Slate takes text in at once, so the empty
 * step has done its work, and goes, before anything else can happen: an undo that meets it would undo nothing.
 */
function slate(element: HTMLElement, moment: Moment): void {
  const editor = slateEditor(element);
  const undos = editor?.history?.undos;
  if (moment === "after" || !editor || !undos) return;
  const mark = { operations: [], selectionBefore: editor.selection };
  undos.push(mark);
  queueMicrotask(() => {
    if (mark.operations.length === 0 && undos.includes(mark)) undos.splice(undos.indexOf(mark), 1);
  });
}

/** React keeps what a component was given in its tree; the element is in it. */
function slateEditor(element: HTMLElement): SlateEditor | null {
  const key = Object.keys(element).find((name) => name.startsWith("__reactFiber$"));
  let fiber = key ? ((element as unknown as Record<string, Fiber | null>)[key] ?? null) : null;
  while (fiber) {
    const editor = fiber.memoizedProps?.editor;
    if (editor?.history) return editor;
    fiber = fiber.return;
  }
  return null;
}

interface CodeMirrorView {
  readonly state: { readonly selection: unknown };
  dispatch(transaction: { readonly selection: unknown }): void;
}

/** A step of CodeMirror's ends where the selection is set, also to what it is. */
function codeMirror(element: HTMLElement): void {
  const { cmTile } = element as { cmTile?: { readonly root?: { readonly view?: CodeMirrorView } } };
  const view = cmTile?.root?.view;
  view?.dispatch({ selection: view.state.selection });
}

type CkEditorElement = HTMLElement & {
  readonly ckeditorInstance?: {
    readonly model: { readonly document: { readonly selection: { fire(event: string, data: object): void } } };
  };
};

/** What is typed in CKEditor is one step until its selection has changed, or is said to have. */
function ckEditor(element: CkEditorElement): void {
  element.ckeditorInstance?.model.document.selection.fire("change:range", { directChange: false });
}

interface TinyMce {
  /** Missing in the frame itself, which has an object of that name too. */
  get?(): readonly { getBody(): HTMLElement | null; readonly undoManager: { add(): unknown } }[];
}

/** TinyMCE writes in a frame, and lives around it. */
function tinyMce(element: HTMLElement): void {
  for (const place of [window, window.parent] as { tinymce?: TinyMce }[]) {
    const editor = place.tinymce?.get?.().find((one) => one.getBody() === element);
    if (editor) {
      editor.undoManager.add();
      return;
    }
  }
}
