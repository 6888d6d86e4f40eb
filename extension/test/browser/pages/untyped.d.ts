/** The parts that the pages use of editors without types of their own, or with types that this project's compiler options reject. */

declare module "@editorjs/editorjs/dist/editorjs.mjs" {
  export default class EditorJS {
    readonly isReady: Promise<void>;
    constructor(options: object);
  }
}

declare module "jquery" {
  export default function jQuery(element: HTMLElement): { summernote(options: object): void };
}

declare module "summernote/dist/summernote-lite.js";

declare module "trix";

declare module "medium-editor" {
  export default class MediumEditor {
    constructor(element: HTMLElement, options: object);
  }
}

declare module "draft-js" {
  export class EditorState {
    static createEmpty(): EditorState;
    getCurrentContent(): { getPlainText(delimiter: string): string };
  }
  export const Editor: import("react").ComponentType<{
    editorState: EditorState;
    onChange(state: EditorState): void;
  }>;
}
