/** The parent on the page, also out of a shadow root. */
export function parentOf(element: Element): Element | null {
  if (element.assignedSlot) return element.assignedSlot;
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** The shadow trees around `element`, the innermost first. */
export function shadowRootsAround(element: Element): ShadowRoot[] {
  const root = element.getRootNode();
  // An element of the document around a frame has its own class of shadow roots.
  return "host" in root ? [root as ShadowRoot, ...shadowRootsAround((root as ShadowRoot).host)] : [];
}

/** Whether `inner` is `outer` or inside of it, also in a shadow tree. */
export function surrounds(outer: Element, inner: Element): boolean {
  for (let element: Element | null = inner; element; element = parentOf(element)) if (element === outer) return true;
  return false;
}
