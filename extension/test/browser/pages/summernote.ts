import jQuery from "jquery";
import { container, expose, paragraphsOf } from "./editor-page.ts";
import "summernote/dist/summernote-lite.css";

// Summernote extends the jQuery that it finds as a global.
Object.assign(window, { jQuery });
await import("summernote/dist/summernote-lite.js");
const target = document.createElement("div");
container().append(target);
jQuery(target).summernote({ height: 160, toolbar: [] });
expose({ text: () => paragraphsOf(document.querySelector(".note-editable")) });
