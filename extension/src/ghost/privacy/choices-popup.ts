/** A popup with choices under a field: arrows, Tab and Escape belong to it. */

const POPUP = '[role="listbox"], [role="menu"], [role="grid"], [role="tree"]';

/** Whether a list of choices is open for `element`, or opens while the user types. */
export function hasChoicesPopup(element: HTMLElement): boolean {
  const attribute = (name: string) => element.getAttribute(name);
  const expanded = attribute("aria-expanded");
  return (
    expanded === "true" ||
    // One choice is active: Enter takes it.
    (attribute("aria-activedescendant") ?? "") !== "" ||
    element.matches("input[list]") ||
    (expanded === null && showsChoices(element, attribute("aria-controls") ?? attribute("aria-owns")))
  );
}

function showsChoices(element: HTMLElement, ids: string | null): boolean {
  if (!ids) return false;
  const root = element.getRootNode() as Document | ShadowRoot;
  const popups = ids.split(/\s+/).map((id) => root.getElementById(id));
  return popups.some((popup) => popup?.matches(POPUP) && popup.checkVisibility());
}
