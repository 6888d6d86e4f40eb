/** Names, addresses and numbers that the browser fills in by itself: Tab goes to the next field there, and a model can't guess them. */

const AUTOFILLED =
  /^(honorific-(prefix|suffix)|(given-|additional-|family-|nick|user)?name|organization(-title)?|street-address|address-(line|level)[1-4]|country(-name)?|postal-code|language|bday(-(day|month|year))?|sex|url|photo|tel(-.+)?|email|impp|transaction-.+)$/;

/** Whether the browser fills in fields with this `autocomplete`. Pages also write other values, to keep the browser from filling in. */
export function isAutofilled(autocomplete: string | null): boolean {
  return (autocomplete ?? "")
    .toLowerCase()
    .split(/\s+/)
    .some((token) => AUTOFILLED.test(token));
}

/** Whether the browser fills in `element`, or has filled it in. */
export function isFilledByBrowser(element: HTMLElement): boolean {
  return isAutofilled(element.getAttribute("autocomplete")) || element.matches(":autofill");
}
