import { hostsOf } from "../sites.ts";

/**
 * The host of a page, and those of the pages around its frame, as far as the browser reports them. A frame whose content is written by the
 * page around it has that page's origin, and no host of its own.
 */
export const hostsAround = ({ location, origin }: Window): string[] =>
  hostsOf([location.href, origin, ...(location.ancestorOrigins ?? [])]);
