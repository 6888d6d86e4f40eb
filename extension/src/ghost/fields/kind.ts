import type { FieldKind } from "./field.ts";

const CODE = ".cm-content, .CodeMirror *, .monaco-editor *, .ace_editor *";
const MAIL = /\b(e-?mail|message body|compose|reply)\b/i;

/** What sort of text is written here, as far as the field's own attributes say. */
export function kindOf(element: HTMLElement, multiline: boolean): FieldKind {
  if (element.matches(CODE)) return "code";
  if (element.matches('[type="search" i], [role="searchbox"], [enterkeyhint="search"]')) return "search";
  if (!multiline) return "line";
  const names = ["aria-label", "name", "id", "placeholder"].map((name) => element.getAttribute(name) ?? "");
  return names.some((name) => MAIL.test(name)) ? "email" : "text";
}
