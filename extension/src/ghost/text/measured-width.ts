let ruler: CanvasRenderingContext2D | null = null;

/** The width of `text` in pixels, in the font and the spacing that `take` sets. 0 if the browser does not tell. */
export function measuredWidth(text: string, take: (context: CanvasRenderingContext2D) => void): number {
  // Only now: in a document that is not HTML, a canvas has no context.
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return 0;
  take(ruler);
  return ruler.measureText(text).width;
}
