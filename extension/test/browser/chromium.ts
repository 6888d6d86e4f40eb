/** The Chromium for the tests: Debian's, or the path in FORETYPE_CHROMIUM. */
export const CHROMIUM = process.env.FORETYPE_CHROMIUM ?? "/usr/bin/chromium";

export const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Lets a test click the icon in the toolbar.
  "--enable-unsafe-extension-debugging",
];
