import type { Press } from "../../src/ghost/keys.ts";

/** The user presses a key. */
export const press = (key: string, changes: Partial<Press> = {}): Press => ({
  key,
  isTrusted: true,
  isComposing: false,
  keyCode: 0,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  ...changes,
});
