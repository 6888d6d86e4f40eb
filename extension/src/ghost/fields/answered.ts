import { firstOf } from "../text/cut.ts";
import { parentOf } from "./ancestors.ts";
import type { FieldContext } from "./field.ts";
import { isOpaque } from "./visibility.ts";

type Privacy = FieldContext["privacy"];

/** In characters. Servers look at no more of it (docs/protocol.md). */
const LONGEST = 1000;

/** The number of elements of a mail that are looked at. */
const MOST_ELEMENTS = 2000;

/** A mail that is quoted in the editor of its answer. Outlook puts it behind this head instead. */
const QUOTE = "blockquote";
const OUTLOOK_HEAD = '[id$="divRplyFwdMsg"]';

/** The text of a mail that is shown: in Gmail, in Outlook and in Roundcube. */
const SHOWN_MAIL = '.a3s, [id^="UniqueMessageBody"], #messagebody';

/** A mail that is written in one of these has nothing to do with a mail that is shown outside of it. */
const WINDOW = 'dialog, [role="dialog"]';

/** The parts that are not the mail's own text: its quotations, fields, and parts that are never shown. */
const LEFT_OUT =
  "blockquote, .gmail_quote, .gmail_attr, input, textarea, select, button, script, style, template, title, noscript, [hidden], [contenteditable]";
const BLOCKS = /^(ADDRESS|ARTICLE|BLOCKQUOTE|BR|DD|DIV|DL|DT|H[1-6]|HR|LI|OL|P|PRE|SECTION|TABLE|TD|TH|TR|UL)$/;

/** A quoted line of a plain mail. A line with two marks is a quotation inside the quoted mail. */
const QUOTED_LINE = /^>(?! ?>) ?(.*)$/gm;

/**
 * The mail that is answered in `element`, cut to what a server reads: as it is quoted there, else the one that is shown above. Empty if there
 * is none.
 */
export function answeredIn(element: HTMLElement, privacy: Privacy): string {
  const text = quotedIn(element, privacy) || textOf(shownAbove(element), privacy);
  return firstOf(text.trim(), LONGEST);
}

function quotedIn(element: HTMLElement, privacy: Privacy): string {
  if (element instanceof HTMLTextAreaElement) {
    return [...element.value.matchAll(QUOTED_LINE)].map(([, line]) => line).join("\n");
  }
  const quote = element.querySelector(QUOTE);
  if (quote) return isRead(quote, privacy) ? textIn(quote.childNodes, privacy) : "";
  const head = element.querySelector(OUTLOOK_HEAD);
  return head ? textIn(following(head), privacy) : "";
}

function* following(element: Element): Generator<ChildNode> {
  for (let next = element.nextSibling; next; next = next.nextSibling) yield next;
}

/** The last mail that is shown before `element`, in the same window of the page. */
function shownAbove(element: HTMLElement): Element | null {
  const window = windowAround(element);
  const shown = [...element.ownerDocument.querySelectorAll(SHOWN_MAIL)];
  return (
    shown.findLast(
      (mail) =>
        mail.compareDocumentPosition(element) === Node.DOCUMENT_POSITION_FOLLOWING &&
        windowAround(mail) === window &&
        mail.getClientRects().length > 0,
    ) ?? null
  );
}

function windowAround(element: Element): Element | null {
  let around: Element | null = element;
  while (around && !around.matches(WINDOW)) around = parentOf(around);
  return around;
}

const textOf = (mail: Element | null, privacy: Privacy): string =>
  mail instanceof HTMLElement && !privacy.isOptedOut(mail) && isRead(mail, privacy)
    ? textIn(mail.childNodes, privacy)
    : "";

/** Whether the user sees `element`, and the page does not forbid writing tools in it. An element without a box has no visibility. */
const isRead = (element: Element, privacy: Privacy): boolean =>
  !privacy.forbidsTools(element) && (isOpaque(element) || getComputedStyle(element).display === "contents");

/** The text of `nodes` that the user sees, each block on a line of its own. Of a long text it reads only the beginning. */
function textIn(nodes: Iterable<ChildNode>, privacy: Privacy): string {
  let text = "";
  let elements = 0;
  const read = (node: ChildNode): void => {
    if (text.length >= 2 * LONGEST || elements >= MOST_ELEMENTS) return;
    if (node instanceof Text) text += node.data.slice(0, LONGEST).replace(/\s+/g, " ");
    else if (!(node instanceof Element) || node.matches(LEFT_OUT)) return;
    else {
      elements += 1;
      if (node.tagName !== "BR" && !isRead(node, privacy)) return;
      const isBlock = BLOCKS.test(node.tagName);
      if (isBlock) text += "\n";
      for (const child of node.childNodes) read(child);
      if (isBlock && node.tagName !== "BR") text += "\n";
    }
  };
  for (const node of nodes) read(node);
  return text.replace(/ *\n */g, "\n").replace(/\n{3,}/g, "\n\n");
}
