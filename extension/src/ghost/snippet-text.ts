import { CLIPBOARD, fitLines } from "./snippet.ts";

/** The longest text that is taken from the clipboard, in characters. */
const LONGEST = 10_000;

/**
 * The text of a snippet with the clipboard in it. Null if the browser does not give the clipboard: the user has withdrawn the permission,
 * the page has no TLS, or the window does not have the focus.
 */
export async function textOf(text: string, takesLines: boolean): Promise<string | null> {
  if (!text.includes(CLIPBOARD)) return text;
  const clipboard = await readClipboard();
  return clipboard === null
    ? null
    : text.replaceAll(CLIPBOARD, () => fitLines(clipboard.slice(0, LONGEST), takesLines));
}

async function readClipboard(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return null;
  }
}
