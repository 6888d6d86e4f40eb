/** What a page may do around a field, and what is right then. One check runs in each browser through that browser's driver. */

/** In pixels of the window, or of the frame in which ghost text is drawn. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type Key =
  | "Tab"
  | "ArrowLeft"
  | "ArrowRight"
  | "ArrowUp"
  | "ArrowDown"
  | "Home"
  | "End"
  | "Escape"
  | "Backspace"
  | "Delete"
  | "Enter"
  | "Shift"
  | "Control";

/** A browser with the extension on a page. */
export interface Driver {
  type(text: string): Promise<void>;
  press(...keys: Key[]): Promise<void>;
  /** Types a letter, or presses a key, while these keys are held. */
  hold(held: readonly Key[], key: string): Promise<void>;
  /** Clicks into the middle of an element. */
  click(selector: string): Promise<void>;
  /** The value of an expression in the page's own world: anything that JSON can hold. A promise is awaited. */
  value(expression: string): Promise<unknown>;
  /** The ghost text on the page or in one of its frames. Null if nothing is drawn. */
  ghost(): Promise<string | null>;
  /** The box of its first line. Null if nothing is drawn. */
  ghostBox(): Promise<Box | null>;
  /** The texts before the caret that the server was asked about. */
  asked(): readonly string[];
  /** Waits until a value is as wanted. */
  eventually(read: () => unknown, wanted: unknown): Promise<void>;
  /** The number of pictures in the PDF of the printed page. */
  printedPictures(): Promise<number>;
  /** Keeps a screenshot in test-results/behaviours/. */
  picture(name: string): Promise<void>;
}

export interface Behaviour {
  /** The row of the table, as "A". */
  readonly row: string;
  /** What the page does, and what is right then: a cell of the table. */
  readonly name: string;
  /** The page's content. `#field` gets the focus, if there is one. */
  readonly html: string;
  /** Other files of the site, by their path. The ending of the path gives the type. */
  readonly files?: Readonly<Record<string, string>>;
  /** The field is in the first frame of the page: keys go there. */
  readonly framed?: boolean;
  /** The server's suggestion for the text before the caret. Null for no answer at all. */
  readonly answer?: (before: string) => string | null;
  check(driver: Driver): Promise<void>;
  /** The reason why a browser fails it. If it can't be measured there, the reason begins with `NOT_MEASURED`. */
  readonly not?: { readonly chromium?: string; readonly firefox?: string };
}

export const TYPED = "Thanks for the qui";
export const REST = "ck response, and see you on Friday";

/** How often a PDF draws a picture, as far as its objects tell. */
export const picturesIn = (pdf: Buffer): number => pdf.toString("latin1").split("/Subtype /Image").length - 1;

/** The text of a field that is an input or a text area. */
export const VALUE = "document.querySelector('#field').value";

/**
 * An expression: the extension has looked at the page for the last time. While a page animates, its looks take at most a sixteenth of the time,
 * so on a busy machine there may be a third of a second between two of them.
 */
export const RESTED = "new Promise((done) => setTimeout(() => done(true), 800))";

const HOST = ':scope > [popover="manual"][aria-hidden="true"]';

/** An expression for the document that contains the ghost text: the page, or a frame of the same site. */
export const DOCUMENT_WITH_GHOST = `([document, ...[...document.querySelectorAll("iframe, object")].map((frame) => frame.contentDocument)].find((one) => one?.documentElement?.querySelector('${HOST}')) ?? document)`;

/** The page that is served for a behaviour. */
export const pageOf = ({ html }: Behaviour): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">${html}`;
