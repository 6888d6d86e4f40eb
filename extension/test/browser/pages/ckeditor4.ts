import { container, expose, paragraphsOf } from "./editor-page.ts";

interface CkEditor {
  /** It is added to the address of each file. */
  timestamp: string;
  replace(
    element: HTMLElement,
    options: object,
  ): { editable(): { readonly $: HTMLElement } | undefined; on(event: string, heard: () => void): void };
}

/** CKEditor 4 is no module: it is loaded as a page would load it, and loads its other parts from the same folder. */
const FOLDER = "/pages/ckeditor4/";
Object.assign(window, { CKEDITOR_BASEPATH: FOLDER });
const script = document.createElement("script");
script.src = `${FOLDER}ckeditor.js`;
const loaded = new Promise((resolve) => script.addEventListener("load", resolve));
document.head.append(script);
await loaded;
const target = document.createElement("textarea");
container().append(target);
const { CKEDITOR } = window as unknown as { CKEDITOR: CkEditor };
CKEDITOR.timestamp = "";
const editor = CKEDITOR.replace(target, {
  customConfig: "",
  contentsCss: [],
  stylesSet: false,
  language: "en",
  toolbar: [],
  versionCheck: false,
});
expose({ text: () => paragraphsOf(editor.editable()?.$) });
