/** Web editors that Foretype can't complete, because they draw their text themselves. Pure. */

/** The set is closed. */
export type PaintedEditor = "google_docs" | "word";

const GOOGLE_DOCS = /^\/(a\/[^/]+\/)?document\//;
const WORD_FILE = /\.docx?$/i;

/** The editor at this address. Null for every other page. */
export function paintedEditorAt(address: string | undefined): PaintedEditor | null {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== "https:") return null;
  if (url.hostname === "docs.google.com" && GOOGLE_DOCS.test(url.pathname)) return "google_docs";
  return isWord(url) ? "word" : null;
}

/** Word for the web has an address of its own, or is at that of SharePoint or OneDrive, which have other documents too. */
function isWord({ hostname, pathname, searchParams }: URL): boolean {
  if (hostname === "word.cloud.microsoft" || hostname === "word-edit.officeapps.live.com") return true;
  if (!/(^|\.)(sharepoint\.com|office\.com)$|^onedrive\.live\.com$/.test(hostname)) return false;
  return /\/:w:\//.test(pathname) || WORD_FILE.test(searchParams.get("file") ?? "");
}
