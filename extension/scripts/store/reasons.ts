/** The reason for each permission, from PERMISSIONS.md. Pure. */

export interface Reason {
  /** The permissions of the row, for example one or two host patterns. */
  readonly permissions: readonly string[];
  readonly when: string;
  readonly purpose: string;
  readonly without: string;
}

/** The parts of a manifest that the stores ask about. */
export interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly default_locale?: string;
  readonly permissions?: readonly string[];
  readonly optional_permissions?: readonly string[];
  readonly host_permissions?: readonly string[];
  readonly optional_host_permissions?: readonly string[];
  readonly content_scripts?: readonly { readonly matches: readonly string[] }[];
  readonly browser_specific_settings?: {
    readonly gecko?: { readonly data_collection_permissions?: { readonly required?: readonly string[] } };
  };
}

/** The rows of the table in PERMISSIONS.md. Throws if a row has another number of columns than four. */
export function reasonsIn(markdown: string): Reason[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => {
    const cells = row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [names, when, purpose, without] = cells;
    if (names === undefined || when === undefined || purpose === undefined || without === undefined || cells.length > 4)
      throw new Error(`PERMISSIONS.md: this row has ${cells.length} columns in place of four: ${row.slice(0, 60)}…`);
    return { permissions: [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string), when, purpose, without };
  });
}

/** All permissions that a manifest asks for, at the installation or later. Scripts that the manifest itself puts on pages need their hosts too. */
export function permissionsOf(manifest: Manifest): string[] {
  const {
    permissions = [],
    optional_permissions = [],
    host_permissions = [],
    optional_host_permissions = [],
  } = manifest;
  const matches = (manifest.content_scripts ?? []).flatMap((script) => script.matches);
  return [
    ...new Set([
      ...permissions,
      ...optional_permissions,
      ...host_permissions,
      ...optional_host_permissions,
      ...matches,
    ]),
  ];
}

/** What is wrong between a manifest and the reasons: a permission without a reason, or a reason for a permission that is not requested. */
export function reasonProblems(manifest: Manifest, reasons: readonly Reason[]): string[] {
  const requested = permissionsOf(manifest);
  const explained = reasons.filter(({ purpose }) => purpose !== "").flatMap(({ permissions }) => permissions);
  return [
    ...requested
      .filter((one) => !explained.includes(one))
      .map(
        (one) =>
          `The manifest requests ${one}, but PERMISSIONS.md gives no reason. Add a row for it, or remove the permission.`,
      ),
    ...explained
      .filter((one) => !requested.includes(one))
      .map((one) => `PERMISSIONS.md explains ${one}, but the manifest does not request it. Remove the row.`),
  ];
}

export const isHost = (permission: string): boolean => permission.includes("://");

/** Markdown as plain text, for the stores' forms. */
export const plain = (markdown: string): string => markdown.replaceAll("`", "").replace(/\[([^\]]+)\]\([^)]+\)/g, "$1");

/** What the Chrome Web Store's form wants for one field: for a permission, or for all hosts together. */
export function justification(reasons: readonly Reason[]): string {
  const many = reasons.length > 1;
  const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
  return reasons
    .map(({ permissions, when, purpose }) => {
      const hosts = many ? `${permissions.join(", ")}: ` : "";
      return plain(`${hosts}${sentence(purpose)} Requested ${sentence(when)}`);
    })
    .join("\n");
}
