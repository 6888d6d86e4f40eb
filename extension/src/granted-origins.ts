import { browser } from "wxt/browser";

/** The origins on which the extension is allowed now. */
export async function grantedOrigins(): Promise<string[]> {
  return (await browser.permissions.getAll()).origins ?? [];
}
