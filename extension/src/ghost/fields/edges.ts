/** The widths of the four sides of a border or a padding, in pixels. */
export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function edges(style: CSSStyleDeclaration, name: "padding" | "border"): Edges {
  const suffix = name === "border" ? "-width" : "";
  const side = (where: string) => Number.parseFloat(style.getPropertyValue(`${name}-${where}${suffix}`)) || 0;
  return { left: side("left"), top: side("top"), right: side("right"), bottom: side("bottom") };
}
