import { message } from "./i18n.ts";
import { checkSettings, SETTINGS_VERSION, type Settings } from "./settings.ts";
import { EVERYWHERE, siteOf } from "./sites.ts";

/** The file of exported settings: what is in it, and what a file from elsewhere must satisfy. Pure. */

const FORMAT = "foretype-settings";

/** No exported file is nearly as large. */
export const LARGEST_FILE = 1_000_000;

export interface FileContent {
  readonly settings: Partial<Settings>;
  /** The match patterns of the allowed sites: those of all sites, or of single ones. */
  readonly allowed: readonly string[];
}

export type FileProblem =
  | { readonly kind: "too_large" | "not_json" | "foreign" | "newer" | "bad_sites" }
  | { readonly kind: "unknown" | "unusable"; readonly name: string };

export type FileReading = { readonly kind: "content"; readonly content: FileContent } | FileProblem;

export function fileOf(settings: Settings, allowed: readonly string[]): string {
  return `${JSON.stringify({ format: FORMAT, version: SETTINGS_VERSION, settings, allowed }, null, 2)}\n`;
}

export function readFile(text: string): FileReading {
  if (text.length > LARGEST_FILE) return { kind: "too_large" };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { kind: "not_json" };
  }
  return isRecord(parsed) && parsed.format === FORMAT ? readContent(parsed) : { kind: "foreign" };
}

function readContent({ version, settings, allowed }: Readonly<Record<string, unknown>>): FileReading {
  if (typeof version !== "number" || version < 1 || !isRecord(settings)) return { kind: "foreign" };
  if (version > SETTINGS_VERSION) return { kind: "newer" };
  if (!isPatterns(allowed)) return { kind: "bad_sites" };
  const checked = checkSettings(settings);
  return checked.kind === "settings" ? { kind: "content", content: { settings: checked.settings, allowed } } : checked;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isPatterns = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.every((one) => typeof one === "string" && (EVERYWHERE.includes(one) || siteOf(one) !== null));

/** Long enough for every name of a setting. The name may come from any file. */
const LONGEST_NAME = 40;

export const problemSentence = (problem: FileProblem): string =>
  message(`file_${problem.kind}`, ...("name" in problem ? [problem.name.slice(0, LONGEST_NAME)] : []));
