import type { Behaviour } from "../behaviour.ts";
import { MOVED } from "./a-moved.ts";
import { CLIPPED } from "./b-clipped.ts";
import { COVERING } from "./c-covering.ts";
import { SHIFTED } from "./d-shifted.ts";
import { EDITED_IN_PLACE } from "./e-in-place.ts";
import { FOREIGN } from "./f-foreign.ts";
import { EDITED } from "./g-edited.ts";
import { VALUES } from "./i-values.ts";
import { CHANGED } from "./j-changed.ts";
import { BY_PAGE } from "./l-page.ts";
import { PRINTED } from "./n-printed.ts";

/** All behaviours, in the order of the table. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...MOVED,
  ...CLIPPED,
  ...COVERING,
  ...SHIFTED,
  ...EDITED_IN_PLACE,
  ...FOREIGN,
  ...EDITED,
  ...VALUES,
  ...CHANGED,
  ...BY_PAGE,
  ...PRINTED,
];
