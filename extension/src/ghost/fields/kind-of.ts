import { CODE_EDITORS } from "./editors/index.ts";
import type { FieldKind } from "./field-kind.ts";
import { subjectFieldOf } from "./subject.ts";

const SEARCH = '[type="search" i], [role="searchbox"], [enterkeyhint="search"]';
const MAIL = /\b(e-?mail|message body|compose|reply)\b/i;

const ONE_LINE = `input, [aria-multiline="false"], ${SEARCH}`;

/** Whether a field has one line: an `input`, or an editor or a text area that says so or is a search box. */
export const isOneLine = (element: HTMLElement): boolean => element.matches(ONE_LINE);

/** The kind of a field, as far as its own attributes and a field for a subject beside it tell. */
export function kindOf(element: HTMLElement, multiline: boolean): FieldKind {
  if (element.matches(CODE_EDITORS)) return "code";
  if (element.matches(SEARCH)) return "search";
  if (!multiline) return "line";
  const names = ["aria-label", "name", "id", "placeholder"].map((name) => element.getAttribute(name) ?? "");
  return names.some((name) => MAIL.test(name)) || subjectFieldOf(element) ? "email" : "text";
}
