import Quill from "quill";
import "quill/dist/quill.snow.css";
import { container, expose } from "./editor-page.ts";

const quill = new Quill(container(), {
  theme: "snow",
  modules: { toolbar: [["bold", "italic"]] },
  placeholder: "Write …",
});
// As on pages that load Quill by a script tag.
Object.assign(window, { Quill });
expose({ text: () => quill.getText().replace(/\n$/, "") });
