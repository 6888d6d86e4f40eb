/** The sites on which the extension is allowed, as the browser keeps them: origins as match patterns. Pure. */

/** All sites. Requested together, and only if the user chooses it. */
export const EVERYWHERE: readonly string[] = ["http://*/*", "https://*/*"];

/** Pages of this machine. They are allowed from the installation on, because a server on this machine is reached by the same permission. */
export const THIS_MACHINE: readonly string[] = ["http://127.0.0.1/*", "http://localhost/*"];

export interface Allowed {
  readonly everywhere: boolean;
  /** The patterns of single sites, in the order of their hosts. */
  readonly sites: readonly string[];
}

/** The sites that the granted origins allow. The pages of this machine are not among the sites, because the user did not choose them. */
export function allowedBy(origins: readonly string[]): Allowed {
  const covers = (pattern: string) => origins.some((one) => [pattern, "*://*/*", "<all_urls>"].includes(one));
  const sites = origins.filter((one) => siteOf(one) !== null && !THIS_MACHINE.includes(one));
  return { everywhere: EVERYWHERE.every(covers), sites: sites.sort(byHost) };
}

/** The pattern of the site that a page belongs to. Null for a page on which no extension can be allowed. */
export function patternOf(url: string | undefined): string | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) ? `${protocol}//${hostname}/*` : null;
}

/** The pattern of a site that the user has entered: a host, or a whole address. Null if it is not a site. */
export function patternFrom(written: string): string | null {
  const text = written.trim();
  const pattern = patternOf(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  // Chromium accepts spaces and other characters as part of a host.
  return pattern !== null && /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])\/\*$/.test(pattern) ? pattern : null;
}

/** The name of the site that a pattern stands for. Null if the pattern covers several sites. */
export function siteOf(pattern: string): string | null {
  const [, scheme, host] = /^(\*|https?):\/\/([^*/]+)\/\*$/.exec(pattern) ?? [];
  if (scheme === undefined || host === undefined) return null;
  return scheme === "http" ? `http://${host}` : host;
}

/** Whether the granted origins allow the extension on a page of this origin. */
export function isAllowedAt(origins: readonly string[], origin: string): boolean {
  const pattern = patternOf(origin);
  if (pattern === null) return false;
  const { everywhere } = allowedBy(origins);
  return everywhere || origins.some((one) => one === pattern || one === pattern.replace(/^https?/, "*"));
}

const byHost = (one: string, other: string) => hostOf(one).localeCompare(hostOf(other));
const hostOf = (pattern: string) => pattern.replace(/^[^:]*:\/\//, "");

/** The hosts of these addresses, each once. Addresses without a host are left out. */
export function hostsOf(urls: readonly string[]): string[] {
  const hosts = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname);
  return [...new Set(hosts)].filter((host) => host !== "");
}
