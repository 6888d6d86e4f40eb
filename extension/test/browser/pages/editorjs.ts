import EditorJS from "@editorjs/editorjs/dist/editorjs.mjs";
import { container, expose } from "./editor-page.ts";

const editor = new EditorJS({ holder: container(), minHeight: 60 });
await editor.isReady;
const textOf = ({ textContent }: Element) => (textContent ?? "").replaceAll("\u00a0", " ");
expose({ text: () => [...document.querySelectorAll(".ce-paragraph")].map(textOf).join("\n") });
