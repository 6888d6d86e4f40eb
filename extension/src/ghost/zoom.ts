/** The product of the styles `zoom` of `element` and of the elements around it. */
export function zoomOf(element: Element): number {
  // Older browsers have no such property.
  return (element as { currentCSSZoom?: number }).currentCSSZoom ?? 1;
}
