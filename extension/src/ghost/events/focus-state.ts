import type { Completer } from "../completer.ts";
import { fieldAt } from "../fields/field-at.ts";
import type { PageAccess } from "../page-access.ts";
import type { Privacy } from "../privacy/privacy.ts";

/** The focus of a page, as the user is told about it. The set is closed. */
export type FocusState =
  | "field" // a field with suggestions
  | "private" // a field that is never read
  | "code" // a code editor, and code editors are off
  | "kind" // a field of another kind that is off
  | "unwritable" // a field into which a write has failed
  | "by_page" // a field in which the page suggests text itself
  | "none"; // no field

/** Reports what has the focus now, also if the window itself does not have the focus. */
export type FocusReport = () => FocusState;

export function focusReport(completer: Completer, privacy: Privacy, page: PageAccess): FocusReport {
  return () => {
    const element = document.activeElement;
    const field = fieldAt(element, privacy, page);
    if (!field) return element && privacy.isPassword(element) ? "private" : "none";
    if (!field.readable) return "private";
    if (completer.isOff(field.kind)) return field.kind === "code" ? "code" : "kind";
    if (completer.hasFailedIn(field.element)) return "unwritable";
    return completer.isCompletedByPage(field.element) ? "by_page" : "field";
  };
}
