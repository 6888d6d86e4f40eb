import type { Behaviour } from "../behaviour.ts";
import { MOVED } from "./a-moved.ts";
import { VALUES } from "./i-values.ts";
import { CHANGED } from "./j-changed.ts";
import { BY_PAGE } from "./l-page.ts";

/** All behaviours, in the order of the table. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...MOVED, //
  ...VALUES,
  ...CHANGED,
  ...BY_PAGE,
];
