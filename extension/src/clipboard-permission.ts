import { browser } from "wxt/browser";

/** The permission to read the clipboard. The user gives it in the options, for the variable `{clipboard}` of snippets. */

const CLIPBOARD = { permissions: ["clipboardRead" as const] };

export const mayReadClipboard = (): Promise<boolean> => browser.permissions.contains(CLIPBOARD);

/** The browser shows its question only while it handles a click, so nothing may be awaited before. */
export const requestClipboard = (): Promise<boolean> => browser.permissions.request(CLIPBOARD);
