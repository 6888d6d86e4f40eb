import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { container, expose } from "./editor-page.ts";

const editor = new Editor({ element: container(), extensions: [StarterKit], content: "" });
expose({ text: () => editor.getText({ blockSeparator: "\n" }) });
