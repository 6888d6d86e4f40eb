import Quill from "quill";
import "quill/dist/quill.snow.css";
import { expose, place } from "./page.ts";

const quill = new Quill(place(), { theme: "snow", modules: { toolbar: [["bold", "italic"]] }, placeholder: "Write …" });
// Pages that take Quill from a script tag have it so.
Object.assign(window, { Quill });
expose({ text: () => quill.getText().replace(/\n$/, "") });
