/** Where the extension may help, as the browser keeps it: the origins it was allowed, as match patterns. Pure. */

/** All sites. Asked for together, and only when a person wants that. */
export const EVERYWHERE: readonly string[] = ["http://*/*", "https://*/*"];

/** This machine's own pages. Allowed when the extension is installed, since a server on this machine is reached by them. */
export const THIS_MACHINE: readonly string[] = ["http://127.0.0.1/*", "http://localhost/*"];

export interface Allowed {
  readonly everywhere: boolean;
  /** The patterns of single sites, in the order of their hosts. */
  readonly sites: readonly string[];
}

/** What the granted origins come to. What is allowed from the beginning is nobody's choice, so it is not among the sites. */
export function allowedBy(origins: readonly string[]): Allowed {
  const covers = (pattern: string) => origins.some((one) => [pattern, "*://*/*", "<all_urls>"].includes(one));
  const sites = origins.filter((one) => siteOf(one) !== null && !THIS_MACHINE.includes(one));
  return { everywhere: EVERYWHERE.every(covers), sites: sites.sort(byHost) };
}

/** The pattern of the site that a page is on; null where no extension can be allowed. */
export function patternOf(url: string | undefined): string | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) ? `${protocol}//${hostname}/*` : null;
}

/** The pattern of the site that a person has written, with or without what comes before and after the host; null for what is none. */
export function patternFrom(written: string): string | null {
  const text = written.trim();
  const pattern = patternOf(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  // Chromium takes spaces and other signs for part of a host.
  return pattern !== null && /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])\/\*$/.test(pattern) ? pattern : null;
}

/** A pattern of one site, as a person would say it; null for a pattern of several. */
export function siteOf(pattern: string): string | null {
  const [, scheme, host] = /^(\*|https?):\/\/([^*/]+)\/\*$/.exec(pattern) ?? [];
  if (scheme === undefined || host === undefined) return null;
  return scheme === "http" ? `http://${host}` : host;
}

/** Whether a page of this origin is one that the granted origins let the extension into. */
export function isAllowedAt(origins: readonly string[], origin: string): boolean {
  const pattern = patternOf(origin);
  if (pattern === null) return false;
  const { everywhere } = allowedBy(origins);
  return everywhere || origins.some((one) => one === pattern || one === pattern.replace(/^https?/, "*"));
}

const byHost = (one: string, other: string) => hostOf(one).localeCompare(hostOf(other));
const hostOf = (pattern: string) => pattern.replace(/^[^:]*:\/\//, "");

/** The hosts of these addresses, each once; what has none is left out. */
export function hostsOf(urls: readonly string[]): string[] {
  const hosts = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname);
  return [...new Set(hosts)].filter((host) => host !== "");
}
