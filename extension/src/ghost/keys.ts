/** What a key does while ghost text is on the screen. */

export interface Press {
  readonly key: string;
  readonly isTrusted: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

export type Act = "word" | "all" | "dismiss" | "next" | "previous";

/** An input method reports the keys it takes for itself under this code, before composition starts. */
const TAKEN_BY_INPUT_METHOD = 229;

/** What `press` asks for, or null where it is none of ours. `atLineEnd`: nothing follows the caret in its line. */
export function actOf(press: Press, ghost: { readonly atLineEnd: boolean; readonly rightToLeft: boolean }): Act | null {
  if (!press.isTrusted || press.isComposing || press.keyCode === TAKEN_BY_INPUT_METHOD) return null;
  if (press.ctrlKey || press.metaKey || press.shiftKey) return null;
  if (press.altKey) return press.key === "ArrowDown" ? "next" : press.key === "ArrowUp" ? "previous" : null;
  if (press.key === "Tab") return "word";
  if (press.key === "Escape") return "dismiss";
  const onward = ghost.rightToLeft ? "ArrowLeft" : "ArrowRight";
  return press.key === onward && ghost.atLineEnd ? "all" : null;
}
