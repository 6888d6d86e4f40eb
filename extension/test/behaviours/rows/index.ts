import type { Behaviour } from "../behaviour.ts";
import { MOVED } from "./a-moved.ts";
import { FOREIGN } from "./f-foreign.ts";
import { EDITED } from "./g-edited.ts";
import { PRINTED } from "./n-printed.ts";

/** All behaviours, in the order of the table. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...MOVED, //
  ...FOREIGN,
  ...EDITED,
  ...PRINTED,
];
