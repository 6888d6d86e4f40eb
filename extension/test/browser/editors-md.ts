import { readFileSync, writeFileSync } from "node:fs";

/** The file EDITORS.md. It has three parts, and each is written by the tests whose results it shows. */

const EDITORS_MD = new URL("../../EDITORS.md", import.meta.url);

/** The headings by which the parts are found. */
export const HEADINGS = {
  Firefox: "\n## In Firefox\n",
  Behaviours: "\n## Pages that change fields or use the same keys\n",
} as const;

const PARTS = ["Chromium", "Firefox", "Behaviours"] as const;

export type Part = (typeof PARTS)[number];

/** A part of EDITORS.md, as it is stored. */
export function keptPart(part: Part): string {
  const kept = readFileSync(EDITORS_MD, "utf8");
  const at = (heading: string) => (kept.includes(heading) ? kept.indexOf(heading) : kept.length);
  const [firefox, behaviours] = [at(HEADINGS.Firefox), at(HEADINGS.Behaviours)];
  if (part === "Chromium") return kept.slice(0, firefox);
  return part === "Firefox" ? kept.slice(firefox, behaviours) : kept.slice(behaviours);
}

/** Replaces a part of EDITORS.md. */
export function keepPart(part: Part, text: string): void {
  writeFileSync(EDITORS_MD, PARTS.map((one) => (one === part ? text : keptPart(one))).join(""));
}
