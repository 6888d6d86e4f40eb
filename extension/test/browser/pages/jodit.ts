import { Jodit } from "jodit";
import "jodit/es2021/jodit.min.css";
import { container, expose, paragraphsOf } from "./editor-page.ts";

const target = document.createElement("textarea");
container().append(target);
const jodit = Jodit.make(target, { toolbar: false, statusbar: false, height: 200 });
expose({ text: () => paragraphsOf(jodit.editor) });
