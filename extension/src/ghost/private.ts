/** What is never read, whoever asks. */

/** Parts of names that say a field holds a secret. Each stands for a whole word: `pin` is one in `userPin`, not in `shipping`. */
const SECRET_NAMES =
  /(^| )(otp|totp|mfa|2fa|one time code|verification code|security code|cvv2?|cvc2?|csc|pin|ssn|social security|iban|card ?number|cc ?(num|number|exp|csc|name)|passwords?|passwd|pwd|passcode|passphrase|secret|token|api ?key|private key|(seed|recovery|secret) phrase)( |$)/;

/** What is in every one of these names, in one piece: most names are told apart by it at once. */
const MAY_BE_SECRET =
  /otp|mfa|2fa|code|cvv|cvc|csc|pin|ssn|security|iban|card|cc|pass|pwd|secret|token|api|private|phrase/;

const SECRET_AUTOCOMPLETE = /^(cc-.*|one-time-code|current-password|new-password)$/;

/** A page's word that no writing tool should come here; the first is HTML's own, the others are what pages say to known tools. */
const OPTED_OUT = [
  '[writingsuggestions="false" i]',
  '[data-gramm="false" i]',
  '[data-enable-grammarly="false" i]',
  '[data-lt-active="false" i]',
].join(",");

/** A popup with choices is said to be open by the box around the field, on older pages. All are asked for in one go: it is done at each key. */
const CLOSED_AROUND = `${OPTED_OUT}, [inert], [role="combobox"][aria-expanded="true"]`;

/** CodeMirror says so of every field it makes: that is no page's word. What stands around it may still be one. */
const SAYS_IT_ALWAYS = ".cm-content";

/** What a field says of itself; the same words for a text box and a rich editor. */
export function isSecretByName(...names: (string | null | undefined)[]): boolean {
  return names.some(
    (name) => name != null && MAY_BE_SECRET.test(name.toLowerCase()) && SECRET_NAMES.test(asWords(name)),
  );
}

export function isSecretByAutocomplete(autocomplete: string | null): boolean {
  return (autocomplete ?? "")
    .toLowerCase()
    .split(/\s+/)
    .some((token) => SECRET_AUTOCOMPLETE.test(token));
}

function asWords(name: string): string {
  return name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .toLowerCase();
}

/** Whether `element` may not be read: it is private, can't be written in, or the page asked that it be left alone. */
export function isClosed(element: HTMLElement, passwords: PasswordMemory): boolean {
  const attribute = (name: string) => element.getAttribute(name);
  return (
    passwords.has(element) ||
    isSecretByAutocomplete(attribute("autocomplete")) ||
    isSecretByName(
      attribute("name"),
      element.id,
      attribute("aria-label"),
      attribute("placeholder"),
      ...labelsOf(element),
    ) ||
    looksLikeCode(element) ||
    cannotBeWritten(element) ||
    isClosedAround(element) ||
    givesWayToPopup(element) ||
    isFilledByBrowser(element) ||
    isMasked(element)
  );
}

/** Whether the page closes it together with what is around it. What is inert never has the focus, so it is enough to ask around. */
function isClosedAround(element: HTMLElement): boolean {
  const from = element.matches(SAYS_IT_ALWAYS) ? element.parentElement : element;
  return from !== null && closestAcrossShadows(from, CLOSED_AROUND) !== null;
}

function cannotBeWritten(element: HTMLElement): boolean {
  return (
    element.matches(":disabled") ||
    // One that types by an EditContext is not editable for the browser's own part.
    (element.matches(":read-only") && !("editContext" in element && element.editContext)) ||
    element.getAttribute("aria-readonly") === "true" ||
    element.getAttribute("aria-disabled") === "true"
  );
}

/** A longer text is no name: it may speak of passwords, and ask that none be written. */
const LONGEST_NAME = 60;

/** What is written beside it to say what it is for. */
function labelsOf(element: HTMLElement): string[] {
  const root = element.getRootNode() as Document | ShadowRoot;
  const named = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => id && root.getElementById(id));
  const labels: Iterable<Element> = "labels" in element ? ((element.labels ?? []) as NodeListOf<HTMLLabelElement>) : [];
  return [...labels, ...named]
    .map((label) => (label ? (label.textContent ?? "").trim() : ""))
    .filter((name) => name.length <= LONGEST_NAME);
}

/** A few digits and no more: a code from a message, a PIN, a card's number. */
function looksLikeCode(element: HTMLElement): boolean {
  const numeric = element.inputMode === "numeric" || element.getAttribute("pattern")?.includes("[0-9]") === true;
  return numeric && element.matches("input[maxlength]");
}

/** Characters drawn as dots: a password field by other means. */
function isMasked(element: HTMLElement): boolean {
  const masking = getComputedStyle(element).getPropertyValue("-webkit-text-security");
  return masking !== "" && masking !== "none";
}

/** A list of choices is open under the field, or will be: arrows, Tab and Escape are its own. */
function givesWayToPopup(element: HTMLElement): boolean {
  const attribute = (name: string) => element.getAttribute(name);
  const expanded = attribute("aria-expanded");
  return (
    expanded === "true" ||
    // A choice in it is the one that Enter takes.
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

const POPUP = '[role="listbox"], [role="menu"], [role="grid"], [role="tree"]';

/**
 * Names, addresses and numbers, which the browser offers to fill in by itself, and what it has filled in: Tab leads to the next field
 * there, and what comes next is nothing to be guessed.
 */
function isFilledByBrowser(element: HTMLElement): boolean {
  return isAutofilled(element.getAttribute("autocomplete")) || element.matches(":autofill");
}

const AUTOFILLED =
  /^(honorific-(prefix|suffix)|(given-|additional-|family-|nick|user)?name|organization(-title)?|street-address|address-(line|level)[1-4]|country(-name)?|postal-code|language|bday(-(day|month|year))?|sex|url|photo|tel(-.+)?|email|impp|transaction-.+)$/;

/** Whether the browser knows what goes in a field with this `autocomplete`. Pages write other words in it to keep the browser away. */
export function isAutofilled(autocomplete: string | null): boolean {
  return (autocomplete ?? "")
    .toLowerCase()
    .split(/\s+/)
    .some((token) => AUTOFILLED.test(token));
}

function closestAcrossShadows(element: Element, selector: string): Element | null {
  let from: Element | null = element;
  while (from) {
    const found = from.closest(selector);
    if (found) return found;
    const root: Node = from.getRootNode();
    from = root instanceof ShadowRoot ? root.host : null;
  }
  return null;
}

/** Remembers which fields were ever a password, also when a page shows the password by making it plain text. */
export class PasswordMemory {
  readonly #known = new WeakSet<Element>();
  readonly #observer: MutationObserver;

  constructor(document: Document, signal: AbortSignal) {
    this.#observer = new MutationObserver((changes) => {
      for (const { target, oldValue } of changes) {
        if (oldValue?.toLowerCase() === "password" && target instanceof Element) this.#known.add(target);
      }
    });
    this.watch(document);
    signal.addEventListener("abort", () => this.#observer.disconnect(), { once: true });
  }

  /** A shadow tree is watched from when it is first written in. */
  watch(root: Document | ShadowRoot): void {
    this.#observer.observe(root, { subtree: true, attributeFilter: ["type"], attributeOldValue: true });
  }

  has(element: Element): boolean {
    if (element.matches('input[type="password" i]')) this.#known.add(element);
    return this.#known.has(element);
  }
}
