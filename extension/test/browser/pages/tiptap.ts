import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { expose, place } from "./page.ts";

const editor = new Editor({ element: place(), extensions: [StarterKit], content: "" });
expose({ text: () => editor.getText({ blockSeparator: "\n" }) });
