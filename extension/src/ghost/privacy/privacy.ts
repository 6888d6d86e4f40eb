import { SELF_OPTED_OUT } from "../fields/editors/index.ts";
import { labelsOf } from "../fields/labels.ts";
import { isFilledByBrowser } from "./autofill.ts";
import { hasChoicesPopup } from "./choices-popup.ts";
import { PasswordMemory } from "./password-memory.ts";
import { isSecretByAutocomplete, isSecretByName } from "./secret-names.ts";

/** Attributes by which a page opts out of writing tools. The first is defined by HTML; pages set the others for well-known tools. */
const OPTED_OUT = [
  '[writingsuggestions="false" i]',
  '[data-gramm="false" i]',
  '[data-enable-grammarly="false" i]',
  '[data-lt-active="false" i]',
].join(",");

/**
 * Elements around a field that make it unusable. Older pages mark the box around a field when a popup with choices is open. One selector
 * for all: it is matched at each key.
 */
const CLOSED_AROUND = `${OPTED_OUT}, [inert], [role="combobox"][aria-expanded="true"]`;

/** Decides which fields are never read. */
export class Privacy {
  readonly #passwords: PasswordMemory;

  constructor(document: Document, signal: AbortSignal) {
    this.#passwords = new PasswordMemory(document, signal);
  }

  /** Includes the fields of a shadow tree. */
  watch(root: ShadowRoot): void {
    this.#passwords.watch(root);
  }

  /**
   * Whether `element` is a password field, or was one. Call it for each field that gets the focus, because this call also remembers the
   * field.
   */
  isPassword(element: Element): boolean {
    return this.#passwords.has(element);
  }

  /** Whether `element` must not be read: it is private, can't be written in, or the page has opted out. */
  isClosed(element: HTMLElement): boolean {
    const attribute = (name: string) => element.getAttribute(name);
    return (
      this.isPassword(element) ||
      isSecretByAutocomplete(attribute("autocomplete")) ||
      isSecretByName(
        attribute("name"),
        element.id,
        attribute("aria-label"),
        attribute("placeholder"),
        ...labelsOf(element),
      ) ||
      isShortNumber(element) ||
      isReadOnly(element) ||
      isClosedAround(element) ||
      hasChoicesPopup(element) ||
      isFilledByBrowser(element) ||
      isMasked(element)
    );
  }

  /** Whether the page forbids writing tools in `element`, which need not be a field. */
  isOptedOut(element: Element): boolean {
    return closestAcrossShadows(element, OPTED_OUT) !== null;
  }

  /** Whether `element` itself is marked so, whatever is around it. */
  forbidsTools(element: Element): boolean {
    return element.matches(OPTED_OUT);
  }
}

/** Whether an element around the field makes it unusable. An inert element never has the focus, so only the ancestors are checked. */
function isClosedAround(element: HTMLElement): boolean {
  const from = element.matches(SELF_OPTED_OUT) ? element.parentElement : element;
  return from !== null && closestAcrossShadows(from, CLOSED_AROUND) !== null;
}

function isReadOnly(element: HTMLElement): boolean {
  return (
    element.matches(":disabled") ||
    // An element that takes text through an EditContext is not editable by itself.
    (element.matches(":read-only") && !("editContext" in element && element.editContext)) ||
    element.getAttribute("aria-readonly") === "true" ||
    element.getAttribute("aria-disabled") === "true"
  );
}

/** A limited number of digits: a code from a message, a PIN, a card's number. */
function isShortNumber(element: HTMLElement): boolean {
  const numeric = element.inputMode === "numeric" || element.getAttribute("pattern")?.includes("[0-9]") === true;
  return numeric && element.matches("input[maxlength]");
}

/** Characters that are drawn as dots: a password field made with CSS. */
function isMasked(element: HTMLElement): boolean {
  const masking = getComputedStyle(element).getPropertyValue("-webkit-text-security");
  return masking !== "" && masking !== "none";
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
