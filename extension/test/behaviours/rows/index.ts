import type { Behaviour } from "../behaviour.ts";
import { MOVED } from "./a-moved.ts";
import { CLIPPED } from "./b-clipped.ts";
import { COVERING } from "./c-covering.ts";
import { SHIFTED } from "./d-shifted.ts";
import { EDITED_IN_PLACE } from "./e-in-place.ts";

/** All behaviours, in the order of the table. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...MOVED, //
  ...CLIPPED,
  ...COVERING,
  ...SHIFTED,
  ...EDITED_IN_PLACE,
];
