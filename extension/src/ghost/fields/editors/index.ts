import type { Field, FieldContext } from "../field.ts";
import { ace } from "./ace.ts";
import { ckEditor } from "./ckeditor.ts";
import { ckEditor4 } from "./ckeditor4.ts";
import { codeMirror } from "./codemirror.ts";
import { codeMirror5 } from "./codemirror5.ts";
import { draft } from "./draft.ts";
import type { Editor } from "./editor.ts";
import { editorJs } from "./editor-js.ts";
import { gmail } from "./gmail.ts";
import { jodit } from "./jodit.ts";
import { lexical } from "./lexical.ts";
import { monaco, monacoFieldAt } from "./monaco.ts";
import { proseMirror } from "./prosemirror.ts";
import { quill } from "./quill.ts";
import { slate } from "./slate.ts";
import { squire } from "./squire.ts";
import { summernote } from "./summernote.ts";
import { tinyMce } from "./tinymce.ts";
import { trix } from "./trix.ts";

/**
 * The editors that need special treatment: one file and one line here for each. All other editors get text by `byRequestOrCommand`, and
 * need nothing for undo.
 */
export const EDITORS: readonly Editor[] = [
  proseMirror,
  quill,
  slate,
  draft,
  tinyMce,
  ckEditor,
  ckEditor4,
  summernote,
  trix,
  jodit,
  lexical,
  editorJs,
  gmail,
  codeMirror,
  codeMirror5,
  monaco,
  ace,
  // It claims each element that no editor above has claimed.
  squire,
];

/**
 * Finds the field of an editor whose element is neither a text box nor editable. This list is separate from the table, so that the script in
 * the page's own world, which uses the table, contains no code that reads text.
 */
export const SPECIAL_FIELDS: readonly ((element: HTMLElement, context: FieldContext) => Field | null)[] = [
  monacoFieldAt,
];

/** The editor that `element` belongs to. */
export const editorOf = (element: HTMLElement): Editor | undefined =>
  EDITORS.find(({ selector }) => element.matches(selector));

const selectors = (of: (editor: Editor) => string | undefined): string =>
  EDITORS.map(of)
    .filter((selector) => selector !== undefined)
    .join(", ");

export const CODE_EDITORS = selectors(({ isCode, selector }) => (isCode ? selector : undefined));
export const SELF_OPTED_OUT = selectors(({ optsOutByItself, selector }) => (optsOutByItself ? selector : undefined));
export const HIDDEN_INPUTS = selectors(({ hiddenInput }) => hiddenInput);
