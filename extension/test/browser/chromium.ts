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
  // Chromium's own requests to its vendor fail, because only the name of this machine can be resolved.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  // Lets a test click the icon in the toolbar.
  "--enable-unsafe-extension-debugging",
];
