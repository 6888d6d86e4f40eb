import { ClassicEditor } from "@ckeditor/ckeditor5-editor-classic";
import { Essentials } from "@ckeditor/ckeditor5-essentials";
import { Paragraph } from "@ckeditor/ckeditor5-paragraph";
import "@ckeditor/ckeditor5-ui/dist/index.css";
import "@ckeditor/ckeditor5-engine/dist/index.css";
import "@ckeditor/ckeditor5-editor-classic/dist/index.css";
import { container, expose } from "./editor-page.ts";

const target = document.createElement("div");
container().append(target);
const editor = await ClassicEditor.create(target, { licenseKey: "GPL", plugins: [Essentials, Paragraph] });
expose({
  text: () => {
    const written = new DOMParser().parseFromString(editor.getData(), "text/html");
    // CKEditor exports an empty paragraph with a space in it.
    const lines = [...written.body.children].map(({ textContent }) => (textContent === "\u00a0" ? "" : textContent));
    return lines.join("\n").replaceAll("\u00a0", " ");
  },
});
