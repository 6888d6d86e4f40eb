import type { Source } from "../src/protocol/frames.ts";
import { findElement } from "../src/ui/find-element.ts";
import { write } from "./dom.ts";
import type { Figures, Timed } from "./figures.ts";

/** The figures beside the fields. */

const BARS = 48;
const HEIGHT = 72;
const SVG = "http://www.w3.org/2000/svg";

const SOURCES: Readonly<Record<Source, string>> = {
  tree: "found in the prediction tree, without running the model",
  model: "computed by the model",
  budget: "stopped at the time budget",
};

export function showFigures(figures: Figures, budgetMs: number): void {
  const { last } = figures;
  write("#last", last ? inMs(last.ms) : "–");
  write("#last-source", last ? SOURCES[last.source] : "No request yet.");
  write("#median", inMs(figures.quantile(0.5)));
  write("#high", inMs(figures.quantile(0.95)));
  write("#budget", `${budgetMs} ms`);
  write("#saved", String(figures.saved));
  write("#saved-share", figures.saved === 0 ? "" : `${Math.round(figures.savedShare * 100)} % of your text`);
  for (const source of ["tree", "model", "budget"] as const) write(`#from-${source}`, String(figures.from(source)));
  drawBars(figures.newest(BARS), budgetMs);
}

export function inMs(ms: number | null): string {
  if (ms === null) return "–";
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/**
 * One bar for each answer. Its height is the share of the time budget that the answer took. The bars are used again, for the same reason as
 * the text nodes in `write`.
 */
function drawBars(answers: readonly Timed[], budgetMs: number): void {
  const group = findElement("#bars", SVGGElement);
  while (group.childElementCount < answers.length) group.append(document.createElementNS(SVG, "rect"));
  for (const [index, { ms, source }] of answers.entries()) {
    const height = Math.max(2, Math.min(1, ms / budgetMs) * HEIGHT);
    const attributes = { x: (index + BARS - answers.length) * 6, y: HEIGHT - height, width: 4, height, rx: 1.5 };
    for (const [name, value] of Object.entries(attributes)) group.children[index]?.setAttribute(name, String(value));
    group.children[index]?.setAttribute("class", source);
  }
}
