import tinymce from "tinymce";
import "tinymce/icons/default";
import "tinymce/models/dom";
import "tinymce/themes/silver";
import "tinymce/skins/ui/oxide/skin.js";
import "tinymce/skins/ui/oxide/content.js";
import "tinymce/skins/content/default/content.js";
import { container, expose } from "./editor-page.ts";

const target = document.createElement("textarea");
container().append(target);
const [editor] = await tinymce.init({
  target,
  license_key: "gpl",
  skin_url: "default",
  content_css: "default",
  height: 260,
  menubar: false,
  toolbar: false,
  promotion: false,
  branding: false,
});
expose({
  text: () =>
    [...(editor?.getBody().children ?? [])]
      .map((block) => (block.textContent ?? "").replaceAll("\u00a0", " ").replaceAll("\ufeff", ""))
      .join("\n"),
});
