/** How a person wants it. */
export interface Preferences {
  /** Whether code editors are completed in too. */
  readonly codeToo: boolean;
}

/** What was never chosen. */
export const DEFAULTS: Preferences = { codeToo: false };
