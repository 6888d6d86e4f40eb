import { counted, message } from "../../i18n.ts";
import type { DayCount } from "../../savings.ts";
import { amount, dayName } from "../../ui/format.ts";

/** The picture of the last days: one bar for each day. `drawBars` makes its elements. */

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const WIDTH = 600;
export const HEIGHT = 120;
const GAP = 4;
/** A day with few keystrokes can still be told from a day with none. */
const LEAST_HEIGHT = 3;

/** A bar for each day. The highest one fills the height; a day without saved keystrokes has none. */
export function barsOf(days: readonly DayCount[]): Bar[] {
  const most = Math.max(1, ...days.map(({ keys }) => keys));
  const step = WIDTH / days.length;
  return days.map(({ keys }, index) => {
    const height = keys === 0 ? 0 : Math.max(LEAST_HEIGHT, Math.round((keys / most) * HEIGHT));
    return { x: index * step + GAP / 2, y: HEIGHT - height, width: step - GAP, height };
  });
}

/** The picture in words. */
export function pictureText(days: readonly DayCount[]): string {
  const best = days.reduce((one, other) => (other.keys > one.keys ? other : one));
  const all = days.reduce((sum, { keys }) => sum + keys, 0);
  if (all === 0) return message("picture_none", amount(days.length));
  const used = days.filter(({ keys }) => keys > 0).length;
  const spread = counted("picture_all", all, amount(used), amount(days.length));
  return `${spread} ${counted("picture_best", best.keys, dayName(best.day, false))}`;
}

const SVG = "http://www.w3.org/2000/svg";

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Draws the days into an `svg` element of the page, with their text alternative. */
export function drawBars(picture: SVGElement, days: readonly DayCount[]): void {
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT + 1}`);
  picture.setAttribute("aria-label", pictureText(days));
  const bars = barsOf(days).map(({ x, y, width, height }, index) => {
    // A pointer over the column of a day shows its number.
    const column = element("g", {});
    const title = element("title", {});
    const { day, keys } = days[index] as DayCount;
    title.textContent = counted("picture_day", keys, dayName(day, false));
    const area = element("rect", { x, y: 0, width, height: HEIGHT, class: "area" });
    column.append(title, area, element("rect", { x, y, width, height, rx: 2, class: "bar" }));
    return column;
  });
  const ground = element("line", { x1: 0, x2: WIDTH, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5, class: "ground" });
  picture.replaceChildren(...bars, ground);
}
