import type { Behaviour } from "../behaviour.ts";
import { MOVED } from "./a-moved.ts";

/** All behaviours, in the order of the table. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...MOVED, //
];
