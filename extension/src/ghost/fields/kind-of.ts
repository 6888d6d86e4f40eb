import { CODE_EDITORS } from "./editors/index.ts";
import type { FieldKind } from "./field-kind.ts";

const MAIL = /\b(e-?mail|message body|compose|reply)\b/i;

/** The kind of a field, as far as its own attributes tell. */
export function kindOf(element: HTMLElement, multiline: boolean): FieldKind {
  if (element.matches(CODE_EDITORS)) return "code";
  if (element.matches('[type="search" i], [role="searchbox"], [enterkeyhint="search"]')) return "search";
  if (!multiline) return "line";
  const names = ["aria-label", "name", "id", "placeholder"].map((name) => element.getAttribute(name) ?? "");
  return names.some((name) => MAIL.test(name)) ? "email" : "text";
}
